-- Values returned to people at night or at the weekend (UTC). Parameters: first day, last day
-- (YYYY/MM/DD), first working hour, first hour after work (0 to 23).
SELECT
    principal_arn,
    secret_name,
    event_time,
    source_address
FROM secret_calls
WHERE day BETWEEN ? AND ?
    AND is_read
    AND is_person
    AND (EXTRACT(HOUR FROM event_time) < ? OR EXTRACT(HOUR FROM event_time) >= ? OR day_of_week(event_time) IN (6, 7))
ORDER BY event_time, principal_arn, secret_name
