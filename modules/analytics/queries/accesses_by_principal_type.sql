-- Values returned, by kind of principal. Parameters: first day, last day (YYYY/MM/DD).
SELECT
    COALESCE(principal_type, 'none') AS principal_type,
    COUNT(*) AS reads
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
GROUP BY COALESCE(principal_type, 'none')
ORDER BY reads DESC, principal_type
