-- Values returned, by reader. Parameters: first day, last day (YYYY/MM/DD).
SELECT
    principal_arn,
    COUNT(*) AS reads,
    COUNT(DISTINCT secret_name) AS secrets,
    COUNT(DISTINCT source_address) AS addresses,
    MAX(event_time) AS latest
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
GROUP BY principal_arn
ORDER BY reads DESC, principal_arn
