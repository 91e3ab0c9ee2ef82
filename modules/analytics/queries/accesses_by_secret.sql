-- Values returned, by secret. Parameters: first day, last day (YYYY/MM/DD).
SELECT
    account,
    region,
    secret_name,
    COUNT(*) AS reads,
    COUNT(DISTINCT principal_arn) AS readers,
    MAX(event_time) AS latest
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
GROUP BY account, region, secret_name
ORDER BY reads DESC, account, region, secret_name
