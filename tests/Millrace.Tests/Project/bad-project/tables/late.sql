-- All rides of a day.
/*---
kind: view
---*/
SELECT day, count(*) AS rides
FROM rides
WHERE day >= @start
GROUP BY day
