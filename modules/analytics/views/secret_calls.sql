-- Every recorded call to Secrets Manager, one row each, under names for people.
-- Filter on day (YYYY/MM/DD), account and region: they are partitions, the rest is read from files.
-- Principal, person and secret mean what lambda_src/secretwatch/record says in Python.
WITH calls AS (
    SELECT
        *,
        NULLIF(useridentity.type, '') AS principal_type,
        NULLIF(useridentity.arn, '') AS caller_arn,
        NULLIF(useridentity.accountid, '') AS caller_account,
        NULLIF(useridentity.sessioncontext.sessionissuer.arn, '') AS issuer_arn,
        NULLIF(useridentity.onbehalfof.userid, '') AS on_behalf_of,
        NULLIF(useridentity.invokedby, '') AS invoked_by,
        NULLIF(json_extract_scalar(requestparameters, '$.secretId'), '') AS requested,
        -- ARNs that AWS wrote. A batch names several secrets, and each has a record of its own.
        CASE
            WHEN json_extract_scalar(requestparameters, '$.secretIdList[0]') IS NULL
                THEN COALESCE(
                    NULLIF(json_extract_scalar(responseelements, '$.arn'), ''),
                    NULLIF(json_extract_scalar(responseelements, '$.aRN'), ''),
                    NULLIF(json_extract_scalar(additionaleventdata, '$.SecretId'), ''),
                    NULLIF(json_extract_scalar(additionaleventdata, '$.secretId'), ''),
                    NULLIF(regexp_extract(errormessage, 'arn:[a-z0-9-]+:secretsmanager:[a-z0-9-]+:[0-9]+:secret:[A-Za-z0-9/_+=.@!-]+'), '')
                )
        END AS recorded
    FROM cloudtrail_logs
    WHERE eventsource = 'secretsmanager.amazonaws.com'
        AND eventtype = 'AwsApiCall'
),

named AS (
    SELECT
        *,
        COALESCE(errorcode, '') = '' AS was_allowed,
        -- What stays the same from call to call: of a role its ARN, whatever the session.
        COALESCE(
            CASE principal_type
                WHEN 'AssumedRole' THEN issuer_arn
                WHEN 'Role' THEN issuer_arn
                WHEN 'FederatedUser' THEN issuer_arn
                WHEN 'IdentityCenterUser' THEN on_behalf_of
                WHEN 'AWSService' THEN invoked_by
                WHEN 'AWSAccount' THEN COALESCE(caller_arn, caller_account)
            END,
            CASE
                WHEN principal_type IN ('AssumedRole', 'Role') AND regexp_like(caller_arn, '^arn:[^:]*:sts::[0-9]*:assumed-role/[^/]+')
                    THEN concat(
                        'arn:', regexp_extract(caller_arn, '^arn:([^:]*):', 1),
                        ':iam::', regexp_extract(caller_arn, ':sts::([0-9]*):', 1),
                        ':role/', regexp_extract(caller_arn, ':assumed-role/([^/]+)', 1)
                    )
            END,
            caller_arn,
            NULLIF(useridentity.username, ''),
            invoked_by,
            NULLIF(useridentity.principalid, ''),
            NULLIF(useridentity.accesskeyid, ''),
            caller_account,
            'unknown'
        ) AS principal_arn,
        -- A session's name: chosen by the caller.
        COALESCE(
            NULLIF(regexp_extract(caller_arn, ':assumed-role/[^/]*/(.+)$', 1), ''),
            NULLIF(regexp_extract(caller_arn, ':federated-user/(.+)$', 1), '')
        ) AS session_name,
        COALESCE(requested, recorded) AS secret_id,
        NULLIF(
            regexp_extract(COALESCE(requested, recorded), '^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$', 1), ''
        ) AS tail
    FROM calls
)

SELECT
    eventid AS event_id,
    TRY(CAST(from_iso8601_timestamp(eventtime) AS timestamp)) AS event_time,
    eventtime AS event_time_text,
    eventname AS event_name,
    -- As in lambda_src/secretwatch/record/event_names.json; NULL for calls that are not watched.
    CASE eventname ${activities} END AS activity,
    region,
    account,
    day,
    sourceipaddress AS source_address,
    principal_type,
    principal_arn,
    useridentity.principalid AS principal_id,
    session_name,
    -- What the caller typed: a name, a full or a partial ARN.
    requested AS requested_secret_id,
    -- An ARN without its six random characters. In what a caller typed, six lower-case letters are a word of the name.
    CASE
        WHEN tail IS NULL THEN secret_id
        WHEN requested IS NOT NULL AND regexp_like(tail, '-[a-z]{6}$') THEN tail
        ELSE COALESCE(NULLIF(regexp_extract(tail, '^(.+)-[A-Za-z0-9]{6}$', 1), ''), tail)
    END AS secret_name,
    NULLIF(errorcode, '') AS error_code,
    was_allowed,
    -- One value was returned. A batch is no read of its own: each secret of it has a GetSecretValue record.
    was_allowed AND eventname = 'GetSecretValue' AS is_read,
    NOT regexp_like(principal_arn, '^(${automation})$') AND (
        COALESCE(sessioncredentialfromconsole, '') = 'true'
        OR COALESCE(principal_type, '') IN ('IAMUser', 'IdentityCenterUser', 'SAMLUser', 'Root')
        OR regexp_like(principal_arn, '^arn:[^:]*:iam::[0-9]*:role/(.*/)?AWSReservedSSO_')
        OR COALESCE(useridentity.sessioncontext.sourceidentity, '') <> ''
        OR on_behalf_of IS NOT NULL
        OR regexp_like(COALESCE(session_name, ''), '^[^@\s]+@[^@\s]+\.[^@\s]+$')
        OR regexp_like(principal_arn, '^(${people_roles})$')
    ) AS is_person
FROM named
