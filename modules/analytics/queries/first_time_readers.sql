-- Who read which secret for the first time since the first day, on or after the second day.
-- Parameters: first day of the history, last day, first day to report (YYYY/MM/DD).
SELECT
    principal_arn,
    secret_name,
    MIN(event_time) AS first_read,
    COUNT(*) AS reads
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
GROUP BY principal_arn, secret_name
HAVING MIN(day) >= ?
ORDER BY first_read, principal_arn, secret_name
