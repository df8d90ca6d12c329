/*---
description: What became of each payment that is old enough to know. A report that comes later still turns false into true.
owner: team-payments
tags: [fraud, labels]
checks:
  - not_null: [transaction_id, paid_at, is_fraud]
  - unique: [transaction_id]
---*/
-- A payment without a report is honest once reports reach seven days beyond it. Younger ones are not here at all, not even those
-- that are reported already: among them only frauds would be known.
SELECT t.transaction_id, t.paid_at, r.transaction_id IS NOT NULL AS is_fraud
FROM transactions AS t
LEFT JOIN reports AS r ON r.transaction_id = t.transaction_id
WHERE t.paid_at < (SELECT max(reported_at) - INTERVAL 7 DAY FROM reports)
