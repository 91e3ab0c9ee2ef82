-- Values returned, by source address. Parameters: first day, last day (YYYY/MM/DD).
SELECT
    COALESCE(NULLIF(source_address, ''), 'none') AS source_address,
    COUNT(*) AS reads,
    COUNT(DISTINCT principal_arn) AS readers,
    COUNT(DISTINCT secret_name) AS secrets
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
GROUP BY COALESCE(NULLIF(source_address, ''), 'none')
ORDER BY reads DESC, source_address
