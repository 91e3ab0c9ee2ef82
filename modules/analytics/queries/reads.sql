-- Values returned, counted by all that the report filters by. Parameters: first day, last day (YYYY/MM/DD).
SELECT
    CAST(event_time AS date) AS date,
    region,
    COALESCE(principal_type, 'none') AS principal_type,
    principal_arn,
    COALESCE(secret_name, 'unknown') AS secret_name,
    COALESCE(NULLIF(source_address, ''), 'none') AS source_address,
    COUNT(*) AS reads
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
GROUP BY
    CAST(event_time AS date),
    region,
    COALESCE(principal_type, 'none'),
    principal_arn,
    COALESCE(secret_name, 'unknown'),
    COALESCE(NULLIF(source_address, ''), 'none')
