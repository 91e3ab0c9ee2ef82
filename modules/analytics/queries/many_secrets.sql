-- Who was handed many different secrets within an hour. Parameters: first day, last day
-- (YYYY/MM/DD), how many secrets are many.
SELECT
    principal_arn,
    date_trunc('hour', event_time) AS hour,
    COUNT(DISTINCT secret_name) AS secrets,
    COUNT(*) AS reads
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
GROUP BY principal_arn, date_trunc('hour', event_time)
HAVING COUNT(DISTINCT secret_name) >= ?
ORDER BY secrets DESC, hour, principal_arn
