/*---
# A table is one SELECT. Between these marks stands what the engine has to know of it; all of it is optional.
description: What was sold each day, by drink.

# incremental: computed day by day, and only the days whose orders are new or changed.
# Others are full (computed whole) and view (not stored).
kind: incremental
time_column: day
interval: day
checks:
  - not_null: [day, drink, cups, revenue]
  - unique: [day, drink]
  - between: {column: revenue, min: 0}
---*/
-- Parents are found in the SQL: this table stands on the source orders.
-- @start and @end are the bounds of the days to compute: from @start on, before @end.
SELECT
    ordered_at::DATE AS day,
    drink,
    count(*) AS orders,
    sum(cups)::BIGINT AS cups,
    sum(amount) AS revenue
FROM orders
WHERE ordered_at >= @start AND ordered_at < @end
GROUP BY ALL
