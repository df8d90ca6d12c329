/*---
description: How each drink sells, over all days.
kind: full
checks:
  - unique: drink
  - row_count: {min: 1}
---*/
-- A table may stand on tables. @busy_day is a variable of millrace.yaml.
SELECT
    drink,
    sum(cups)::BIGINT AS cups,
    sum(revenue) AS revenue,
    round(sum(revenue) / sum(cups), 2) AS revenue_per_cup,
    count(*) FILTER (WHERE revenue >= @busy_day) AS busy_days
FROM daily_sales
GROUP BY drink
