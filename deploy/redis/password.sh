#!/bin/sh
# The password in the address of `broker` or `cache`.
set -eu

file=${SECRETS_DIR:-/run/secrets}/$1_url
password=$(sed -n 's#^rediss\{0,1\}://[^:/@]*:\([A-Za-z0-9._~-]*\)@.*#\1#p' "$file")
[ -n "$password" ] || { echo "$file holds no password of letters and digits" >&2; exit 1; }
echo "$password"
