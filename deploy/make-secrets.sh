#!/bin/sh
# Makes the secrets that are not there yet, each a file that only root and the group 10001 of the containers read.
# Safe to repeat: what is there stays. Run it as root, in the folder of docker-compose.yml or with the folder to fill.
set -eu
umask 077

folder=${1:-deploy/secrets}
group=10001

random() { head -c "$1" /dev/urandom | od -An -tx1 | tr -d ' \n'; }
fernet() { head -c 32 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n'; }

make() {
	[ -e "$folder/$1" ] && return
	printf '%s\n' "$2" >"$folder/$1.new"
	if [ "$(id -u)" = 0 ]; then
		chown "0:$group" "$folder/$1.new"
		chmod 0440 "$folder/$1.new"
	fi
	mv "$folder/$1.new" "$folder/$1"
	echo "made $folder/$1"
}

mkdir -p "$folder"
make postgres_password "$(random 24)"
make database_url "postgres://refillwise_app:$(random 24)@database:5432/refillwise"
make database_owner_url "postgres://refillwise_owner:$(random 24)@database:5432/refillwise"
make broker_url "redis://:$(random 24)@broker:6379/0"
make cache_url "redis://:$(random 24)@cache:6379/0"
make secret_key "$(random 32)"
make second_factor_keys "$(fernet)"
make metrics_token "$(random 24)"
[ "$(id -u)" = 0 ] || echo "Not run as root: let the group $group read them (chgrp $group, chmod 0440)." >&2
