#!/bin/sh
# What the official image's entrypoint does for those who only use a database: the same variables, the same folder of scripts,
# the same order.
set -eu

if [ "${1#-}" != "$1" ] || [ $# -eq 0 ]; then set -- postgres "$@"; fi
if [ "$1" != postgres ]; then exec "$@"; fi

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown -R postgres:postgres "$PGDATA" /run/postgresql
  chmod 0700 "$PGDATA"
  exec start-stop-daemon -S -c postgres:postgres -x "$0" -- "$@"
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  user="${POSTGRES_USER:-postgres}"
  database="${POSTGRES_DB:-$user}"
  method="${POSTGRES_HOST_AUTH_METHOD:-}"
  if [ -z "${POSTGRES_PASSWORD:-}" ] && [ "$method" != trust ]; then
    echo 'POSTGRES_PASSWORD is empty: set it, or POSTGRES_HOST_AUTH_METHOD=trust.' >&2
    exit 1
  fi
  printf '%s\n' "${POSTGRES_PASSWORD:-}" >/tmp/password
  # An empty password file is an error.
  if [ -n "${POSTGRES_PASSWORD:-}" ]; then password='--pwfile=/tmp/password'; else password=''; fi
  # shellcheck disable=SC2086
  initdb --username="$user" $password --encoding=UTF8 --locale=C.UTF-8 --auth-local=trust --no-sync ${POSTGRES_INITDB_ARGS:-}
  rm /tmp/password
  printf '%s\n' "listen_addresses = '*'" 'jit = off' >>"$PGDATA/postgresql.conf"
  echo "host all all all ${method:-scram-sha-256}" >>"$PGDATA/pg_hba.conf"

  pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w start
  sql() { psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$user" "$@"; }
  if [ "$database" != postgres ]; then
    sql --dbname postgres -v database="$database" <<'SQL'
CREATE DATABASE :"database";
SQL
  fi
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh) . "$file" ;;
      *.sql) sql --dbname "$database" -f "$file" ;;
      *.sql.gz) gunzip -c "$file" | sql --dbname "$database" ;;
    esac
  done
  pg_ctl -D "$PGDATA" -m fast -w stop
fi

# An imported image has no STOPSIGNAL, and on SIGTERM PostgreSQL would wait for its clients to leave.
"$@" &
server=$!
trap 'kill -INT "$server"' TERM INT
code=0
while kill -0 "$server" 2>/dev/null; do
  code=0
  wait "$server" || code=$?
done
exit "$code"
