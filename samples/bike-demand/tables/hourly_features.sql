/*---
description: What is known of an hour by the evening before, the weather forecast included, and its rides as the label.
owner: team-mobility
tags: [bike, hourly, features]
kind: incremental
time_column: hour
interval: day
reads_back: 7
checks:
  - not_null: [hour, rides, hour_of_day, weekday, month, is_weekend, is_holiday, is_working_day, season]
  - unique: [hour]
  - between: {column: rides_lag_24h, min: 0}
  # Their sum is the label: a feature made from either would know the answer.
  - not_derived_from: {sources: [rides.casual, rides.registered]}
---*/
WITH recent AS (
    SELECT
        *,
        -- Up to seven earlier days at the same hour; the range counts days, not rows, so a missing day cannot shift it.
        avg(rides) OVER (
            PARTITION BY hour(hour) ORDER BY hour
            RANGE BETWEEN INTERVAL 7 DAY PRECEDING AND INTERVAL 1 DAY PRECEDING
        ) AS rides_mean_7d
    FROM hourly
    WHERE hour >= @start - INTERVAL 7 DAY AND hour < @end
)
SELECT
    h.hour,
    h.rides,

    hour(h.hour) AS hour_of_day,
    isodow(h.hour) AS weekday,
    month(h.hour) AS month,
    isodow(h.hour) >= 6 AS is_weekend,
    h.is_holiday,
    h.is_working_day,
    h.season,
    sin(2 * pi() * hour(h.hour) / 24) AS hour_sin,
    cos(2 * pi() * hour(h.hour) / 24) AS hour_cos,
    sin(2 * pi() * dayofyear(h.hour) / 365.25) AS year_sin,
    cos(2 * pi() * dayofyear(h.hour) / 365.25) AS year_cos,

    -- Where the hour's weather is not known, the last known one of the same day stands in.
    last_value(h.weather IGNORE NULLS) OVER so_far AS weather,
    last_value(h.temperature_c IGNORE NULLS) OVER so_far AS temperature_c,
    last_value(h.feels_like_c IGNORE NULLS) OVER so_far AS feels_like_c,
    last_value(h.humidity_pct IGNORE NULLS) OVER so_far AS humidity_pct,
    last_value(h.wind_kmh IGNORE NULLS) OVER so_far AS wind_kmh,

    -- Nothing younger than 24 hours: the forecast is made the day before.
    day_ago.rides AS rides_lag_24h,
    two_days_ago.rides AS rides_lag_48h,
    week_ago.rides AS rides_lag_168h,
    h.rides_mean_7d
FROM recent AS h
LEFT JOIN recent AS day_ago ON day_ago.hour = h.hour - INTERVAL 24 HOUR
LEFT JOIN recent AS two_days_ago ON two_days_ago.hour = h.hour - INTERVAL 48 HOUR
LEFT JOIN recent AS week_ago ON week_ago.hour = h.hour - INTERVAL 168 HOUR
WHERE h.hour >= @start AND h.hour < @end
WINDOW so_far AS (PARTITION BY h.hour::DATE ORDER BY h.hour ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
