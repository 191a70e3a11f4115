#!/usr/bin/env bash
# Starts the server as a new user would, on an empty folder; stops it while it loads its sample; starts it again, which loads the rest; runs
# the five commands that it prints with the keys of the first start; stops npm alone; starts it once more.
# Job control gives the server a process group of its own, which gets SIGINT as from a terminal.
set -euo pipefail -m
folder=$(mktemp -d)
port=$(node -e 'const s=require("net").createServer();s.listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})')
out=$folder/out
cleanup() {
  [ -z "${server:-}" ] || kill -KILL -- "-$server" 2>/dev/null || true
  rm -rf "$folder"
}
trap cleanup EXIT
begin() {
  : >"$out"
  TENON_DATA=$folder/data PORT=$port npm start >"$out" 2>&1 &
  server=$!
  for _ in $(seq 600); do
    grep -q "$1" "$out" && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.5
  done
  cat "$out"
  echo 'the server did not come up'
  exit 1
}
finish() {
  kill "$@"
  for _ in $(seq 60); do
    grep -q '^stopped$' "$out" && break
    sleep 0.5
  done
  grep -q '^stopped$' "$out" || { cat "$out"; echo 'the server did not stop cleanly'; exit 1; }
  server=
}

began=$SECONDS
begin 'Loading a sample'
key() { sed -nE "s/^ +$1 key +([^ ]+) .*shown this once.*/\1/p" "$out"; }
TENON_WRITE_KEY=$(key write) TENON_API_KEY=$(key API)
[ -n "$TENON_WRITE_KEY" ] && [ -n "$TENON_API_KEY" ] || { cat "$out"; echo 'the keys were not shown before the sample'; exit 1; }
finish -INT -- "-$server"
begin 'is ready at'
echo "ready with its sample after $((SECONDS - began)) s, and one stop"
curl -fsS --max-time 30 "http://127.0.0.1:$port/readyz" >/dev/null
commands=$(grep -cE '^ +curl ' "$out")
[ "$commands" = 5 ] || { cat "$out"; echo "expected five commands, found $commands"; exit 1; }
grep -E '^ +curl ' "$out" | while IFS= read -r line; do
  answer=$(export TENON_WRITE_KEY TENON_API_KEY; eval "${line/curl -s/curl -fsS --max-time 30}") || { echo "failed: $line"; exit 1; }
  echo "ok: $(printf '%s' "$answer" | head -c 100)"
done
finish -TERM "$server"
began=$SECONDS
begin 'is ready at'
echo "ready again after $((SECONDS - began)) s"
curl -fsS --max-time 30 -H "Authorization: Bearer $TENON_API_KEY" "http://127.0.0.1:$port/v1/profiles/user_id:you" >/dev/null
finish -INT -- "-$server"
