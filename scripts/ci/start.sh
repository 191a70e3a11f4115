#!/usr/bin/env bash
# Starts the server as a new user would, on an empty folder; runs the five commands that it prints; stops it; starts it again.
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
    grep -q 'is ready at' "$out" && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.5
  done
  cat "$out"
  echo 'the server did not come up'
  exit 1
}
finish() {
  kill -INT -- "-$server"
  for _ in $(seq 60); do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.5
  done
  grep -q '^stopped$' "$out" || { cat "$out"; echo 'the server did not stop cleanly'; exit 1; }
  server=
}

began=$SECONDS
begin
echo "ready with its sample after $((SECONDS - began)) s"
curl -fsS --max-time 30 "http://127.0.0.1:$port/readyz" >/dev/null
commands=$(grep -cE '^ +curl ' "$out")
[ "$commands" = 5 ] || { cat "$out"; echo "expected five commands, found $commands"; exit 1; }
grep -E '^ +curl ' "$out" | while IFS= read -r line; do
  answer=$(eval "${line/curl -s/curl -fsS --max-time 30}") || { echo "failed: $line"; exit 1; }
  echo "ok: $(printf '%s' "$answer" | head -c 100)"
done
key=$(sed -nE 's/^ +API key +([^ ]+).*/\1/p' "$out")
finish
began=$SECONDS
begin
echo "ready again after $((SECONDS - began)) s"
curl -fsS --max-time 30 -H "Authorization: Bearer $key" "http://127.0.0.1:$port/v1/profiles/user_id:you" >/dev/null
finish
