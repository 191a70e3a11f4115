#!/usr/bin/env bash
# Runs a command with TENON_DATABASE_URL of a Postgres server of this machine: a cluster of its own, gone afterwards.
set -euo pipefail
bin=$({ ls -d /usr/lib/postgresql/*/bin 2>/dev/null || true; } | sort -V | tail -n 1)
if [ -z "$bin" ]; then
  [ "${TENON_REQUIRE_ALL:-}" != 1 ] || { echo 'this machine has no Postgres server, which TENON_REQUIRE_ALL=1 does not let pass'; exit 1; }
  echo 'skipped: this machine has no Postgres server'
  exit 0
fi
folder=$(mktemp -d)
port=$(node -e 'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
# Postgres refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
  chown nobody "$folder"
  as=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
fi
cleanup() {
  "${as[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap cleanup EXIT
cd_root=$PWD
cd /
"${as[@]}" "$bin/initdb" -D "$folder/data" -U tenon -A trust -E UTF8 --no-sync >/dev/null
"${as[@]}" "$bin/pg_ctl" -D "$folder/data" -w -l "$folder/log" -o "-p $port -c listen_addresses=127.0.0.1 -c unix_socket_directories=$folder -c max_connections=200" start >/dev/null
cd "$cd_root"
"$bin/postgres" --version
TENON_DATABASE_URL="postgres://tenon@127.0.0.1:$port/postgres" "$@"
