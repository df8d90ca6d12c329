#!/bin/sh
# Asks an endpoint about rows, in requests of up to 200, and says how many were answered.
#   millrace query "SELECT * FROM hourly_features" | sh samples/ask.sh demand hour hour
# $1: the model. $2: the column that names a prediction. $3: the column with its event time, in UTC.
# The rows are CSV with a header and without commas inside of values. The address is $MILLRACE_ADDRESS.
set -eu
address=${MILLRACE_ADDRESS:-http://127.0.0.1:5080}
url=$address/v2/models/$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Name and type of each input, one a line.
curl -sSf "$url" | sed 's/"outputs".*//' | tr '{' '\n' | sed -n 's/.*"name":"\([^"]*\)","datatype":"\([^"]*\)".*/\1 \2/p' > "$folder/inputs"

awk -F, -v folder="$folder" -v key="$2" -v time="$3" '
  FILENAME != "-" { name[++inputs] = $0; sub(/ .*/, "", name[inputs]); type[inputs] = $0; sub(/.* /, "", type[inputs]); next }
  FNR == 1 { for (c = 1; c <= NF; c++) column[$c] = c; next }
  {
    for (i = 1; i <= inputs; i++) add(i, value($(column[name[i]]), type[i]))
    add("id", "\"" $(column[key]) "\"")
    at = $(column[time]); sub(/ /, "T", at); add("at", "\"" at "Z\"")
    if (++rows == 200) write()
  }
  END { if (rows) write() }
  function value(text, kind) { return kind == "BYTES" ? "\"" text "\"" : text == "" ? "null" : text }
  function add(to, text) { data[to] = data[to] (rows ? "," : "") text }
  function tensor(of, kind, shape) { return "{\"name\":\"" of "\",\"datatype\":\"" kind "\",\"shape\":[" rows shape "],\"data\":[" }
  function write(   file, i) {
    file = sprintf("%s/%06d.json", folder, ++requests)
    printf "{\"inputs\":[" > file
    for (i = 1; i <= inputs; i++) printf "%s", tensor(name[i], type[i], ",1") data[i] "]}," > file
    printf "%s", tensor("prediction_id", "BYTES", "") data["id"] "]}," > file
    printf "%s", tensor("event_time", "BYTES", "") data["at"] "]}]}" > file
    close(file)
    print rows > (folder "/rows")
    split("", data); rows = 0
  }' FS=' ' "$folder/inputs" FS=, -

[ -f "$folder/rows" ] || { echo "There were no rows."; exit 1; }
for request in "$folder"/*.json; do
  curl -sS --fail-with-body -o "$folder/answer" -H 'Content-Type: application/json' --data-binary "@$request" "$url/infer" ||
    { cat "$folder/answer"; exit 1; }
done
awk -v model="$1" '{ n += $1 } END { print n " rows answered by " model "." }' "$folder/rows"
