#!/bin/sh
# Imports two million contacts into a gateway that runs, a million a file, and counts segments of them. Prints how long each took.
# Usage: POSTRIDER_KEY=<an account's key> sh bench/contacts.sh [the program]
set -eu
postrider=${1:-postrider}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

seconds() { date +%s.%N; }
took() { echo "$1 $2" | awk '{ printf "%.2f s", $2 - $1 }'; }

rows() {
  awk -v first="$1" 'BEGIN { print "number,name,language,tags,city,age:number,paid:flag"
    for (n = first; n < first + 1000000; n++)
      printf "+4477%08d,Person %d,%s,%s,City %d,%d,%s\n", n, n, n % 3 ? "en" : "de", n % 10 ? "old" : "vip|old", n % 500, n % 90, n % 2 }'
}

until_state() {
  while state=$("$postrider" contact job get "$1" --json | sed -n 's/.*"state": *"\([a-z]*\)".*/\1/p'); [ "$state" != "$2" ]; do
    [ "$state" != failed ] || { echo "the import has failed" >&2; exit 1; }
    sleep 0.2
  done
}

for first in 0 1000000; do
  rows "$first" > "$folder/contacts.csv"
  begun=$(seconds)
  id=$("$postrider" contact job make "$folder/contacts.csv")
  sent=$(seconds)
  until_state "$id" checked
  checked=$(seconds)
  "$postrider" contact job apply "$id" > /dev/null
  until_state "$id" done
  echo "a million rows: put down $(took "$begun" "$sent"), looked at $(took "$sent" "$checked"), imported $(took "$checked" "$(seconds)")"
done

for segment in "age >= 18" "language = 'de' and (age < 30 or city = 'City 7')" "tag = 'vip' and paid = true"; do
  begun=$(seconds)
  found=$("$postrider" contact count --segment "$segment")
  echo "$segment: $found in $(took "$begun" "$(seconds)")"
done
