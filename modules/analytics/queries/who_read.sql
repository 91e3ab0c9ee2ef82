-- Who read one secret. Parameters: first day, last day (YYYY/MM/DD), the secret's name.
SELECT
    principal_arn,
    COUNT(*) AS reads,
    MIN(event_time) AS first_read,
    MAX(event_time) AS last_read,
    COUNT(DISTINCT source_address) AS addresses
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
    AND secret_name = ?
GROUP BY principal_arn
ORDER BY last_read DESC, principal_arn
