#!/bin/sh
# Writes bench/full.toml: bench.toml with everything on that a message may meet on its way. The file is kept, so that load
# tools from outside need no shell.
set -eu
cd "$(dirname "$0")"
{
  cat <<'HEAD'
# bench.toml with everything on: a numbering plan, 10,000 routes, routing by score between two upstreams at one carrier's
# address, price and cost tables, and a prepaid account with credit for 10 million messages. Made by bench/make-full.sh.
#
#   POSTRIDER_BENCH_KEY=<20 characters or more> POSTRIDER_BENCH_ADMIN=<20 others> \
#     postrider serve --config bench/full.toml --data <an empty directory>
#   POSTRIDER_KEY=$POSTRIDER_BENCH_ADMIN sh bench/fill.sh
#
# fill.sh imports the plan and the tables, and tops the account up: before that nothing is accepted.

HEAD
  sed -e '1,/^# A carrier must listen/d' -e '/^\[upstreams.carrier\]/,$d' bench.toml | sed -e 's/^refuse_to = \[\]$/&\nbilling = { tariff = "bench-prices", currency = "EUR" }/'
  cat <<'UPSTREAMS'
[admin.keys]
bench = { env = "POSTRIDER_BENCH_ADMIN" }

[upstreams.carrier]
host = "127.0.0.1"
port = 22775
carrier = "bench"
system_id = "carrier"
password = "carrier"
binds = 4
window = 100
tariff = "bench-costs"
reconnect_max = "1s"

[upstreams.other]
host = "127.0.0.1"
port = 22775
carrier = "bench"
system_id = "carrier"
password = "carrier"
binds = 4
window = 100
tariff = "bench-costs-of-other"
reconnect_max = "1s"

[routes.everywhere]
order = 1000
upstreams = ["carrier", "other"]
strategy = "score"

# None of these takes a message of a load tool: they are looked through.
[routes]
UPSTREAMS
  awk 'BEGIN { for (n = 1; n < 10000; n++) printf "r%04d = { order = %d, prefixes = [\"%d\"], accounts = [\"quiet\"], upstreams = [\"carrier\"] }\n", n, n % 500, 4400000 + n * 7 }'
} > full.toml
