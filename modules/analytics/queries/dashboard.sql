-- The dashboard's dataset: every value returned in the last 90 days, one row each.
SELECT
    event_time_text,
    event_time,
    event_name,
    region,
    source_address,
    principal_type,
    principal_arn,
    principal_id,
    requested_secret_id,
    error_code
FROM secret_calls
WHERE day >= date_format(current_date - interval '90' day, '%Y/%m/%d')
    AND activity = 'read'
    AND was_allowed
