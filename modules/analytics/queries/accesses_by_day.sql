-- Values returned, day by day. Parameters: first day, last day (YYYY/MM/DD).
SELECT
    CAST(event_time AS date) AS date,
    COUNT(*) AS reads,
    COUNT(DISTINCT principal_arn) AS readers,
    COUNT(DISTINCT secret_name) AS secrets
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
GROUP BY CAST(event_time AS date)
ORDER BY date
