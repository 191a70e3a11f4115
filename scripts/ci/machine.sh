#!/usr/bin/env bash
# Brings what tests use and the project does not carry: servers of the distribution (Postgres, MySQL, NATS) and a browser.
set -euo pipefail
missing=()
[ -n "$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null)" ] || missing+=(postgresql)
[ -x /usr/sbin/mariadbd ] || missing+=(mariadb-server-core)
command -v chromium >/dev/null || missing+=(chromium)
[ -n "$(PATH=$PATH:/usr/sbin:/usr/local/sbin command -v nats-server)" ] || missing+=(nats-server)
command -v xz >/dev/null || missing+=(xz-utils)
if [ ${#missing[@]} -eq 0 ]; then
  echo 'nothing is missing'
elif [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
  echo "installed ${missing[*]}"
else
  echo "missing: ${missing[*]}; what needs them is skipped with a line that says so"
fi
