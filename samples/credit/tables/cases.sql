/*---
description: One application a row in readable columns, what became of it as the label, and two groups to judge the model by.
owner: team-lending
tags: [credit, sensitive]
checks:
  - not_null: [application_id, is_bad, sex, age_group, account, purpose, amount_dm]
  - unique: [application_id]
  - in_set: {column: sex, values: [female, male]}
  - in_set: {column: age_group, values: [under 26, 26 to 40, over 40]}
  # What the model may learn from knows neither sex, age nor origin, and not the answer.
  - not_derived_from:
      columns:
        - account
        - savings
        - months
        - amount_dm
        - monthly_dm
        - purpose
        - credit_history
        - credits_here
        - instalments_elsewhere
        - instalment_rate
        - employed_for
        - job
        - housing
        - property
        - residence
        - other_debtors
        - dependants
        - has_telephone
      sources:
        - applications.personal_status_sex
        - applications.age
        - applications.foreign_worker
        - applications.credit_risk
---*/
SELECT
    application_id,
    credit_risk = 0 AS is_bad,

    -- For slices only.
    split_part(personal_status_sex, ' : ', 1) AS sex,
    CASE WHEN age < 26 THEN 'under 26' WHEN age <= 40 THEN '26 to 40' ELSE 'over 40' END AS age_group,

    -- The code book says below 0 DM.
    CASE status WHEN '... < 100 DM' THEN '... < 0 DM' ELSE status END AS account,
    savings,
    duration AS months,
    amount AS amount_dm,
    round(amount / duration, 2) AS monthly_dm,
    -- In the file these texts stand one code too late.
    CASE purpose
        WHEN 'radio/television' THEN 'furniture/equipment'
        WHEN 'domestic appliances' THEN 'radio/television'
        WHEN 'repairs' THEN 'domestic appliances'
        WHEN 'education' THEN 'repairs'
        WHEN 'retraining' THEN 'education'
        WHEN 'business' THEN 'retraining'
        WHEN 'others' THEN 'business'
        WHEN 'furniture/equipment' THEN 'others'
        ELSE purpose
    END AS purpose,
    credit_history,
    number_credits AS credits_here,
    other_installment_plans AS instalments_elsewhere,
    installment_rate AS instalment_rate,
    employment_duration AS employed_for,
    job,
    housing,
    property,
    present_residence AS residence,
    other_debtors,
    people_liable AS dependants,
    telephone = 'yes' AS has_telephone
FROM applications
