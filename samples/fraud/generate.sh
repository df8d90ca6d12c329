#!/bin/sh
# Writes the files under data/ and later/ anew, with the program named by $MILLRACE (default: millrace).
set -eu
cd "$(dirname "$0")"
millrace=${MILLRACE:-millrace}
all=$(sed 's/--.*//' generate.sql)

select_into() { printf 'WITH everything AS (%s) %s' "$all" "$2" | "$millrace" query - --format csv > "$1"; }

for month in 01 02 03 04 05; do
  folder=data
  [ "$month" -ge 04 ] && folder=later
  mkdir -p "$folder/transactions" "$folder/reports"
  [ "$month" = 05 ] || select_into "$folder/transactions/2024-$month.csv" "
    SELECT transaction_id, paid_at, customer_id, terminal_id, amount
    FROM everything WHERE strftime(paid_at, '%Y-%m') = '2024-$month' ORDER BY transaction_id"
  select_into "$folder/reports/2024-$month.csv" "
    SELECT transaction_id, reported_at
    FROM everything WHERE strftime(reported_at, '%Y-%m') = '2024-$month' ORDER BY reported_at, transaction_id"
done
