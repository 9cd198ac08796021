#!/bin/sh
# Measures an emergency broadcast: from its approval until every message was delivered, beside marketing that waits for the same link.
# Usage: sh bench/broadcast.sh [the program] [recipients] [marketing messages]
set -eu
postrider=${1:-postrider}
recipients=${2:-100000}
others=${3:-100000}
folder=$(mktemp -d)
export FIRST_KEY=bench-first-key-of-two-persons SECOND_KEY=bench-second-key-of-two-persons
cat > "$folder/postrider.toml" <<'CONFIG'
[log]
level = "warn"
[http]
listen = "127.0.0.1:28081"
[smpp]
enabled = false
[accounts.bench]
refuse_to = []
keys = [{ name = "first", key = { env = "FIRST_KEY" } }, { name = "second", key = { env = "SECOND_KEY" } }]
[upstreams.carrier]
host = "127.0.0.1"
port = 22785
system_id = "carrier"
password = "carrier"
binds = 4
window = 200
[routes.everywhere]
upstreams = ["carrier"]
CONFIG
"$postrider" simulate --smpp 127.0.0.1:22785 --receipts-after 0ms --quiet > /dev/null 2>&1 &
carrier=$!
"$postrider" serve --config "$folder/postrider.toml" --data "$folder/data" &
gateway=$!
trap 'kill $gateway $carrier; wait; rm -rf "$folder"' EXIT
until curl -sf http://127.0.0.1:28081/healthz > /dev/null; do sleep 0.2; done
ask() {
  key=$1 path=$2
  shift 2
  curl -sSf "http://127.0.0.1:28081/v1/$path" -H "Authorization: Bearer $key" "$@"
}
json() {
  ask "$1" "$2" -H 'Content-Type: application/json' -d "$3"
}
field() { sed -n "s/.*\"$1\":\"\\{0,1\\}\\([^\",}]*\\).*/\\1/p"; }
csv() { awk -v many="$1" -v base="$2" 'BEGIN { print "to"; for (n = 0; n < many; n++) printf "+44770%07d\n", base + n }'; }
add() { csv "$3" "$4" | ask "$FIRST_KEY" "$1/$2/recipients" -H 'Content-Type: text/csv' --data-binary @- > /dev/null; }

id=$(json "$FIRST_KEY" broadcasts '{"text":"Go uphill now"}' | field id)
add broadcasts "$id" "$recipients" 0
ask "$FIRST_KEY" "broadcasts/$id/arm" -X POST > /dev/null
until [ "$(ask "$FIRST_KEY" "broadcasts/$id" | field state)" = armed ]; do sleep 0.2; done
batch=$(json "$FIRST_KEY" batches '{"text":"Spring sale","class":"marketing"}' | field id)
add batches "$batch" "$others" 5000000
ask "$FIRST_KEY" "batches/$batch/seal" -X POST > /dev/null
sleep 2
ask "$FIRST_KEY" "broadcasts/$id/launch" -X POST > /dev/null
begin=$(date +%s%N)
ask "$SECOND_KEY" "broadcasts/$id/approve" -X POST > /dev/null
while :; do
  delivered=$(ask "$FIRST_KEY" "broadcasts/$id/results" | field delivered)
  passed=$((($(date +%s%N) - begin) / 1000000))
  echo "$passed ms: ${delivered:-0} of $recipients delivered"
  [ "${delivered:-0}" -lt "$recipients" ] || break
  sleep 1
done
