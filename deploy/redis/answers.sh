#!/bin/sh
# Whether `broker` or `cache` answers to its password.
set -eu

REDISCLI_AUTH=$(sh "$(dirname "$0")/password.sh" "$1")
export REDISCLI_AUTH
shift
[ "$(redis-cli "$@" ping)" = PONG ]
