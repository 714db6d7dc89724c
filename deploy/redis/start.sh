#!/bin/sh
# Starts `broker` or `cache` with the password of its address. The configuration goes in by standard input: on the command
# line anybody could read the password.
set -eu

name=$1
shift
password=$(sh "$(dirname "$0")/password.sh" "$name")
exec redis-server "$@" - <<END
$(cat "$(dirname "$0")/$name.conf")
requirepass $password
END
