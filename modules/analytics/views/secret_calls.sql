-- Every recorded call to Secrets Manager, one row each, under names for people.
-- Filter on day (YYYY/MM/DD), account and region: they are partitions, the rest is read from files.
WITH calls AS (
    SELECT
        *,
        json_extract_scalar(requestparameters, '$.secretId') AS requested,
        regexp_replace(
            json_extract_scalar(requestparameters, '$.secretId'),
            '^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:',
            ''
        ) AS tail
    FROM cloudtrail_logs
    WHERE eventsource = 'secretsmanager.amazonaws.com'
        AND eventtype = 'AwsApiCall'
)

SELECT
    eventid AS event_id,
    TRY(CAST(from_iso8601_timestamp(eventtime) AS timestamp)) AS event_time,
    eventtime AS event_time_text,
    eventname AS event_name,
    region,
    account,
    day,
    sourceipaddress AS source_address,
    useridentity.type AS principal_type,
    -- The role behind a session, so that the sessions of a role are one principal.
    COALESCE(
        NULLIF(useridentity.sessioncontext.sessionissuer.arn, ''),
        NULLIF(useridentity.arn, ''),
        NULLIF(useridentity.invokedby, ''),
        NULLIF(useridentity.accountid, ''),
        'unknown'
    ) AS principal_arn,
    useridentity.principalid AS principal_id,
    -- What the caller typed: a name, a full or a partial ARN.
    requested AS requested_secret_id,
    -- An ARN without its six random characters; six lower-case letters are a word of the name.
    CASE
        WHEN requested <> tail AND NOT regexp_like(tail, '-[a-z]{6}$')
            THEN regexp_replace(tail, '-[A-Za-z0-9]{6}$', '')
        ELSE tail
    END AS secret_name,
    NULLIF(errorcode, '') AS error_code,
    COALESCE(errorcode, '') = '' AS was_allowed,
    COALESCE(useridentity.type, '') IN ('IAMUser', 'IdentityCenterUser', 'SAMLUser', 'Root') AS is_person
FROM calls
