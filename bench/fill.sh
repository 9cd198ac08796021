#!/bin/sh
# Fills a gateway that runs with bench/full.toml: a numbering plan of a million ranges, prices and costs of 100,000 rates
# each, and credit for 10 million messages. RANGES and RATES make them more or fewer.
# Usage: POSTRIDER_KEY=<the administrator's key> sh bench/fill.sh [the program]
set -eu
postrider=${1:-postrider}
ranges=${RANGES:-1000000}
rates=${RATES:-100000}
plan() {
  awk -v count="$ranges" 'BEGIN { print "prefix,mccmnc,name"
    for (n = 0; n < count; n++) printf "44%d,234%02d,\n", 1000000 + n * 9, 10 + n % 80 }'
}
prices() {
  awk -v price="$1" -v count="$rates" 'BEGIN { print "prefix,price,currency"; printf "*,%s,EUR\n", price
    for (n = 0; n < count; n++) printf "4%d,%s%d,EUR\n", 1000000 + n * 89, price, n % 9 }'
}
plan | "$postrider" numbering-plan import -
prices 0.03 | "$postrider" tariff import bench-prices -
prices 0.01 | "$postrider" tariff import bench-costs -
prices 0.02 | "$postrider" tariff import bench-costs-of-other -
for account in bench quiet; do
  "$postrider" balance top-up "$account" 10000000 --idempotency-key "bench-$account"
done
