-- Decryptions that Secrets Manager made for reads, with the reader. Our own trail leaves KMS
-- out: this is for a trail that records it. Parameters: first day, last day (YYYY/MM/DD).
SELECT
    decrypt.eventtime AS decrypted_at,
    decrypt.useridentity.arn AS session_arn,
    json_extract_scalar(decrypt.requestparameters, '$.encryptionContext.SecretARN') AS secret_arn,
    calls.event_id AS read_event_id,
    calls.event_time AS read_at
FROM cloudtrail_logs AS decrypt
LEFT JOIN secret_calls AS calls
    ON calls.day = decrypt.day
    AND calls.account = decrypt.account
    AND calls.is_read
    AND calls.event_time_text = decrypt.eventtime
    AND json_extract_scalar(decrypt.requestparameters, '$.encryptionContext.SecretARN') LIKE concat('%:secret:', calls.secret_name, '%')
WHERE decrypt.day BETWEEN ? AND ?
    AND decrypt.eventsource = 'kms.amazonaws.com'
    AND decrypt.eventname = 'Decrypt'
    AND json_extract_scalar(decrypt.requestparameters, '$.encryptionContext.SecretARN') IS NOT NULL
ORDER BY decrypted_at, secret_arn
