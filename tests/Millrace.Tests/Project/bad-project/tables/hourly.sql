/*---
kind: incremental
interval: hour
reads_back: 1.5
batch: 0
start: yesterday
---*/
SELECT hour, count(*) AS rides  -- @start and '@end' stand only here
FROM rides
WHERE hour >= @end
