/*---
description: Rides and weather of every hour, in readable units. An hour that the source leaves out is there with 0 rides.
owner: team-mobility
tags: [bike, hourly]
kind: incremental
time_column: hour
interval: day
checks:
  - not_null: [hour, season, is_holiday, is_working_day, has_record, casual, registered, rides]
  - unique: [hour]
  - in_set: {column: season, values: [winter, spring, summer, autumn]}
  - in_set: {column: weather, values: [clear, mist, light rain or snow, heavy rain or snow]}
  - between: {column: rides, min: 0, max: 5000}
  - between: {column: temperature_c, min: -8, max: 39}
    on_fail: warn
  - expression: casual + registered = rides
    name: rides_add_up
---*/
-- What is the same all day. A day is filled up to 24 hours only if the source has a row of it:
-- a day that has not arrived is unknown, not quiet.
WITH days AS (
    SELECT
        dteday AS day,
        min(season) AS season,
        min(holiday) AS holiday,
        min(workingday) AS workingday
    FROM rides
    WHERE dteday >= @start AND dteday < @end
    GROUP BY dteday
)
SELECT
    days.day + to_hours(hours.hr) AS hour,
    CASE days.season WHEN 1 THEN 'winter' WHEN 2 THEN 'spring' WHEN 3 THEN 'summer' WHEN 4 THEN 'autumn' END AS season,
    days.holiday = 1 AS is_holiday,
    days.workingday = 1 AS is_working_day,
    CASE rides.weathersit
        WHEN 1 THEN 'clear' WHEN 2 THEN 'mist' WHEN 3 THEN 'light rain or snow' WHEN 4 THEN 'heavy rain or snow'
    END AS weather,
    round(rides.temp * 47 - 8, 2) AS temperature_c,
    round(rides.atemp * 66 - 16, 2) AS feels_like_c,
    -- 0 % humidity does not happen, and no wind below 6 km/h was ever noted down: both zeros mean that nobody knows.
    nullif(round(rides.hum * 100), 0) AS humidity_pct,
    nullif(round(rides.windspeed * 67, 1), 0) AS wind_kmh,
    -- False for an hour that was filled in. It has 0 rides, and its weather is not known.
    rides.hr IS NOT NULL AS has_record,
    coalesce(rides.casual, 0) AS casual,
    coalesce(rides.registered, 0) AS registered,
    coalesce(rides.cnt, 0) AS rides
FROM days
CROSS JOIN range(24) AS hours(hr)
LEFT JOIN rides ON rides.dteday = days.day AND rides.hr = hours.hr
