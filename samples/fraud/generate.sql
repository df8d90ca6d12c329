-- Every transaction of four months, with the moment at which it was reported as a fraud. Simulated: no card, person or shop is real.
-- Chance is the MD5 of a seed and counters, cut into pieces of 16 bits, and the arithmetic is plain: the same rows on every machine.
WITH
setting AS (
    SELECT 'millrace-4' AS seed, DATE '2024-01-01' AS first_day
),
customers AS (
    SELECT
        customer_id,
        100 * (h & 65535) / 65536.0 AS x,
        100 * ((h >> 16) & 65535) / 65536.0 AS y,
        5 + 145 * (((h >> 32) & 65535) / 65536.0) * (((h >> 32) & 65535) / 65536.0) AS usual_amount,
        0.02 + 0.18 * (h >> 48) / 65536.0 AS activity
    FROM (
        SELECT range AS customer_id, md5_number_lower(concat_ws('/', seed, 'customer', range))::UBIGINT AS h
        FROM setting CROSS JOIN range(1, 401)
    )
),
terminals AS (
    SELECT terminal_id, 100 * (h & 65535) / 65536.0 AS x, 100 * ((h >> 16) & 65535) / 65536.0 AS y
    FROM (
        SELECT range AS terminal_id, md5_number_lower(concat_ws('/', seed, 'terminal', range))::UBIGINT AS h
        FROM setting CROSS JOIN range(1, 201)
    )
),
-- A customer pays at the twelve terminals that are nearest.
nearest AS (
    SELECT customer_id, terminal_id, row_number() OVER (
        PARTITION BY customer_id ORDER BY (c.x - t.x) * (c.x - t.x) + (c.y - t.y) * (c.y - t.y), terminal_id
    ) - 1 AS place
    FROM customers AS c CROSS JOIN terminals AS t
),
-- A terminal is manipulated for two weeks, a customer's card is copied for ten days. One draw a day for each.
manipulated AS (
    SELECT terminal_id, day
    FROM (
        SELECT terminal_id, d.range AS day, md5_number_lower(concat_ws('/', seed, 'manipulated', terminal_id, d.range))::UBIGINT AS h
        FROM setting CROSS JOIN terminals CROSS JOIN range(-14, 121) AS d
    )
    WHERE h % 100000 < 110
),
copied AS (
    SELECT customer_id, day
    FROM (
        SELECT customer_id, d.range AS day, md5_number_lower(concat_ws('/', seed, 'copied', customer_id, d.range))::UBIGINT AS h
        FROM setting CROSS JOIN customers CROSS JOIN range(-10, 121) AS d
    )
    WHERE h % 100000 < 40
),
-- Up to three purchases a day; a fourth and a fifth place are for those who use a copied card.
purchases AS (
    SELECT
        c.customer_id, c.usual_amount, d.range AS day, s.range AS slot, setting.seed, setting.first_day,
        EXISTS (FROM copied AS k WHERE k.customer_id = c.customer_id AND d.range >= k.day AND d.range < k.day + 10) AS is_copied,
        md5_number_lower(concat_ws('/', seed, 'purchase', c.customer_id, d.range, s.range))::UBIGINT AS h,
        md5_number_lower(concat_ws('/', seed, 'detail', c.customer_id, d.range, s.range))::UBIGINT AS g,
        c.activity
    FROM setting CROSS JOIN customers AS c CROSS JOIN range(121) AS d CROSS JOIN range(5) AS s
),
made AS (
    SELECT
        *,
        -- The mean of three draws lies near noon; a copied card is used at any hour.
        CASE
            WHEN slot >= 3 THEN (g & 65535) / 65536.0
            ELSE ((g & 65535) + ((g >> 16) & 65535) + ((g >> 32) & 65535)) / 196608.0
        END AS share_of_day,
        -- Four draws make a bell, half as wide as the usual amount.
        usual_amount * greatest(0.05, 1 + 0.87 * (((h & 255) + ((h >> 8) & 255) + ((h >> 16) & 255) + ((h >> 24) & 255)) / 256.0 - 2)) AS amount_now,
        ((g >> 48) & 65535) / 65536.0 AS luck,
        ((h >> 32) & 65535) / 65536.0 AS strength
    FROM purchases
    WHERE (h >> 48) / 65536.0 < CASE WHEN slot < 3 THEN activity WHEN is_copied THEN 0.28 ELSE 0 END
),
placed AS (
    SELECT
        m.*, n.terminal_id,
        first_day + to_days(day::INTEGER) + to_seconds(floor(86400 * share_of_day)) AS paid_at,
        EXISTS (FROM manipulated AS k WHERE k.terminal_id = n.terminal_id AND m.day >= k.day AND m.day < k.day + 14) AS is_manipulated
    FROM made AS m
    JOIN nearest AS n ON n.customer_id = m.customer_id AND n.place = m.g % 12
),
judged AS (
    SELECT
        *,
        CASE
            WHEN slot >= 3 THEN 'copied card'
            WHEN luck < 0.003 THEN 'large amount'
            WHEN is_manipulated AND strength < 0.8 THEN 'terminal'
        END AS pattern
    FROM placed
),
numbered AS (
    SELECT
        row_number() OVER (ORDER BY paid_at, customer_id, slot) AS transaction_id,
        paid_at, customer_id, terminal_id, seed, pattern,
        round(CASE
            WHEN pattern = 'large amount' AND paid_at < TIMESTAMP '2024-04-01' THEN 200 + 600 * strength
            -- From April on, thieves stay below what people look at twice.
            WHEN pattern = 'large amount' THEN 60 + 120 * strength
            WHEN pattern = 'copied card' THEN 3.5 * amount_now
            -- Honest people buy something dear as well.
            WHEN luck > 0.988 THEN 100 + 500 * strength
            ELSE amount_now
        END, 2) AS amount
    FROM judged
)
SELECT
    transaction_id, paid_at, customer_id, terminal_id, amount,
    -- Most reports come within a week, one of ten takes up to twelve days.
    CASE WHEN pattern IS NOT NULL THEN paid_at + to_seconds(floor(86400 * CASE
        WHEN r % 10 = 0 THEN 7 + 5 * ((r >> 8) & 65535) / 65536.0
        ELSE 3 + 4 * ((r >> 8) & 65535) / 65536.0
    END)) END AS reported_at,
    pattern
FROM (SELECT *, md5_number_lower(concat_ws('/', seed, 'report', transaction_id))::UBIGINT AS r FROM numbered)
ORDER BY transaction_id
