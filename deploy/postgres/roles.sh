#!/bin/sh
# Makes the two roles and the database, once, when the server is new. Their passwords are those of the addresses that the
# application is given. The image runs this file; by hand it works the same with PGHOST, PGPORT and PGPASSWORD set.
set -eu

secrets=${SECRETS_DIR:-/run/secrets}

password_of() {
	password=$(sed -n 's#^postgres[a-z]*://[^:/@]*:\([A-Za-z0-9._~-]*\)@.*#\1#p' "$secrets/$1")
	[ -n "$password" ] || { echo "$secrets/$1 holds no password of letters and digits" >&2; exit 1; }
	echo "$password"
}

owner=$(password_of database_owner_url)
application=$(password_of database_url)

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres <<END
CREATE ROLE refillwise_owner LOGIN PASSWORD '$owner' NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
CREATE ROLE refillwise_app LOGIN PASSWORD '$application' NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
CREATE DATABASE refillwise OWNER refillwise_owner;
REVOKE ALL ON DATABASE refillwise FROM PUBLIC;
GRANT CONNECT ON DATABASE refillwise TO refillwise_app;
END
