-- Values returned to people and to automation, day by day. Parameters: first day, last day (YYYY/MM/DD).
SELECT
    CAST(event_time AS date) AS date,
    COUNT_IF(is_person) AS people,
    COUNT_IF(NOT is_person) AS automation
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
GROUP BY CAST(event_time AS date)
ORDER BY date
