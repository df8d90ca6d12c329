/*---
description: What is known of a payment at its moment, and whether it was a fraud as the label, NULL for as long as nobody knows.
owner: team-payments
tags: [fraud, features]
checks:
  - not_null: [transaction_id, paid_at, amount, customer_count_1d, customer_count_30d, terminal_count_30d, terminal_frauds_30d]
  - unique: [transaction_id]
  - between: {column: customer_count_1d, min: 1}
  - between: {column: terminal_fraud_share_30d, min: 0, max: 1}
  - expression: terminal_frauds_7d <= terminal_count_7d
    name: frauds_are_payments
  # Terminals are judged by reports that had come in time, never by the label, which knows later ones.
  - not_derived_from:
      columns:
        - terminal_frauds_1d
        - terminal_frauds_7d
        - terminal_frauds_30d
        - terminal_fraud_share_30d
      sources: [labels.is_fraud]
  # And what is said of the customer knows of no report at all.
  - not_derived_from:
      columns:
        - customer_count_1d
        - customer_count_7d
        - customer_count_30d
        - customer_mean_1d
        - customer_mean_7d
        - customer_mean_30d
        - times_usual
      sources: [labels.is_fraud, reports.transaction_id, reports.reported_at]
---*/
WITH known AS (
    SELECT
        t.*,
        -- Reported within the seven days by which the windows of terminals are shifted: whoever looks back has seen the report.
        r.reported_at < t.paid_at + INTERVAL 7 DAY AND r.reported_at IS NOT NULL AS is_reported_in_time
    FROM transactions AS t
    LEFT JOIN reports AS r ON r.transaction_id = t.transaction_id
),
windows AS (
    SELECT
        transaction_id, paid_at, amount,

        -- The customer: the payment itself counts.
        count(*) OVER customer_1d AS customer_count_1d,
        count(*) OVER customer_7d AS customer_count_7d,
        count(*) OVER customer_30d AS customer_count_30d,
        avg(amount) OVER customer_1d AS customer_mean_1d,
        avg(amount) OVER customer_7d AS customer_mean_7d,
        avg(amount) OVER customer_30d AS customer_mean_30d,

        -- The terminal: all ends seven days ago.
        count(*) OVER terminal_1d AS terminal_count_1d,
        count(*) OVER terminal_7d AS terminal_count_7d,
        count(*) OVER terminal_30d AS terminal_count_30d,
        count(*) FILTER (is_reported_in_time) OVER terminal_1d AS terminal_frauds_1d,
        count(*) FILTER (is_reported_in_time) OVER terminal_7d AS terminal_frauds_7d,
        count(*) FILTER (is_reported_in_time) OVER terminal_30d AS terminal_frauds_30d
    FROM known
    WINDOW
        customer_1d AS (PARTITION BY customer_id ORDER BY paid_at RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW),
        customer_7d AS (PARTITION BY customer_id ORDER BY paid_at RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND CURRENT ROW),
        customer_30d AS (PARTITION BY customer_id ORDER BY paid_at RANGE BETWEEN INTERVAL 30 DAY PRECEDING AND CURRENT ROW),
        terminal_1d AS (PARTITION BY terminal_id ORDER BY paid_at RANGE BETWEEN INTERVAL 8 DAY PRECEDING AND INTERVAL 7 DAY PRECEDING),
        terminal_7d AS (PARTITION BY terminal_id ORDER BY paid_at RANGE BETWEEN INTERVAL 14 DAY PRECEDING AND INTERVAL 7 DAY PRECEDING),
        terminal_30d AS (PARTITION BY terminal_id ORDER BY paid_at RANGE BETWEEN INTERVAL 37 DAY PRECEDING AND INTERVAL 7 DAY PRECEDING)
)
SELECT
    w.*,
    amount / customer_mean_30d AS times_usual,
    terminal_frauds_30d / nullif(terminal_count_30d, 0) AS terminal_fraud_share_30d,
    hour(w.paid_at) AS hour_of_day,
    hour(w.paid_at) < 6 AS is_night,
    isodow(w.paid_at) >= 6 AS is_weekend,
    l.is_fraud
FROM windows AS w
LEFT JOIN labels AS l ON l.transaction_id = w.transaction_id
