-- Refused and failed calls, by principal and reason. Parameters: first day, last day (YYYY/MM/DD).
SELECT
    principal_arn,
    event_name,
    error_code,
    COUNT(*) AS calls,
    MAX(event_time) AS latest
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND NOT was_allowed
GROUP BY principal_arn, event_name, error_code
ORDER BY calls DESC, principal_arn, event_name, error_code
