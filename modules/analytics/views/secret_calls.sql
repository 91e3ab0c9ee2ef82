-- Every recorded call to Secrets Manager, one row each, under names for people.
-- Filter on day (YYYY/MM/DD), account and region: they are partitions, the rest is read from files.
-- Principal, person, actor and secret mean what lambda_src/secretwatch/record says in Python.
WITH calls AS (
    SELECT
        *,
        -- Two trails, or a file that was delivered twice, bring a record twice. By the partitions too, so that a query of
        -- some days reads these days alone.
        row_number() OVER (PARTITION BY day, account, region, eventid, eventname ORDER BY eventtime) AS copy,
        NULLIF(useridentity.type, '') AS principal_type,
        NULLIF(useridentity.arn, '') AS caller_arn,
        NULLIF(useridentity.accountid, '') AS caller_account,
        NULLIF(useridentity.sessioncontext.sessionissuer.arn, '') AS issuer_arn,
        NULLIF(useridentity.onbehalfof.userid, '') AS on_behalf_of,
        NULLIF(useridentity.invokedby, '') AS invoked_by,
        NULLIF(useridentity.sessioncontext.sourceidentity, '') AS source_identity,
        -- What the caller typed.
        COALESCE(
            NULLIF(json_extract_scalar(requestparameters, '$.secretId'), ''),
            CASE
                WHEN eventname = 'CreateSecret' AND json_extract_scalar(requestparameters, '$.secretIdList[0]') IS NULL
                    THEN NULLIF(json_extract_scalar(requestparameters, '$.name'), '')
            END
        ) AS requested,
        -- What AWS wrote; a batch names several secrets, and each has a record of its own.
        CASE
            WHEN json_extract_scalar(requestparameters, '$.secretIdList[0]') IS NULL
                THEN concat_ws(
                    ' ', responseelements, additionaleventdata,
                    array_join(transform(resources, resource -> concat('"arn":"', resource.arn, '"')), ' '),
                    serviceeventdetails
                )
        END AS written,
        -- A refusal names its secret as the caller typed it.
        CASE
            WHEN json_extract_scalar(requestparameters, '$.secretIdList[0]') IS NULL
                THEN COALESCE(
                    NULLIF(regexp_extract(errormessage, 'on resource: ((arn:[a-z0-9-]+:secretsmanager:[a-z0-9-]+:[0-9]+:secret:)?[A-Za-z0-9/_+=.@!-]+)(\s|$)', 1), ''),
                    NULLIF(regexp_extract(errormessage, 'arn:[a-z0-9-]+:secretsmanager:[a-z0-9-]+:[0-9]+:secret:[A-Za-z0-9/_+=.@!-]+'), '')
                )
        END AS refused
    FROM cloudtrail_logs
    WHERE eventsource = 'secretsmanager.amazonaws.com'
        AND eventtype = 'AwsApiCall'
),

recorded AS (
    SELECT
        *,
        -- A whole ARN, whatever its key is called this year, else a name.
        COALESCE(
            NULLIF(regexp_extract(written, '"(?i:arn|secretarn|secretid)"\s*:\s*"(arn:[^":]*:secretsmanager:[^":]*:[^":]*:secret:[^"]+)"', 1), ''),
            NULLIF(regexp_extract(written, '"(?i:name|secretid)"\s*:\s*"([^"]+)"', 1), '')
        ) AS recorded
    FROM calls
    WHERE copy = 1 OR COALESCE(eventid, '') = ''
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
        COALESCE(requested, recorded, refused) AS secret_id,
        NULLIF(
            regexp_extract(COALESCE(requested, recorded, refused), '^arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:(.+)$', 1), ''
        ) AS tail,
        -- Whether the ARN is AWS's own, and so ends in six random characters, whatever they look like.
        (requested IS NULL AND recorded IS NOT NULL) OR strpos(written, concat('"', requested, '"')) > 0 AS is_whole
    FROM recorded
),

judged AS (
    SELECT
        *,
        NOT regexp_like(principal_arn, '^(${automation})$') AND (
            COALESCE(sessioncredentialfromconsole, '') = 'true'
            OR COALESCE(principal_type, '') IN ('IAMUser', 'IdentityCenterUser', 'SAMLUser', 'Root')
            OR regexp_like(principal_arn, '^arn:[^:]*:iam::[0-9]*:role/(.*/)?AWSReservedSSO_')
            OR source_identity IS NOT NULL
            OR on_behalf_of IS NOT NULL
            OR regexp_like(COALESCE(session_name, ''), '^[^@\s]+@[^@\s]+\.[^@\s]+$')
            OR regexp_like(principal_arn, '^(${people_roles})$')
        ) AS is_person,
        -- The person behind a role.
        CASE
            WHEN COALESCE(principal_type, '') NOT IN ('IAMUser', 'IdentityCenterUser', 'SAMLUser', 'Root')
                THEN substr(COALESCE(source_identity, on_behalf_of, session_name), 1, 128)
        END AS person
    FROM named
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
    -- An ARN without its six random characters. In what a caller typed, six lower-case letters are shown as a word of
    -- the name, unless AWS wrote the same ARN.
    CASE
        WHEN tail IS NULL THEN secret_id
        WHEN NOT COALESCE(is_whole, FALSE) AND regexp_like(tail, '-[a-z]{6}$') THEN tail
        ELSE COALESCE(NULLIF(regexp_extract(tail, '^(.+)-[A-Za-z0-9]{6}$', 1), ''), tail)
    END AS secret_name,
    NULLIF(errorcode, '') AS error_code,
    was_allowed,
    -- One value was returned. A batch is no read of its own: each secret of it has a GetSecretValue record.
    was_allowed AND eventname = 'GetSecretValue' AS is_read,
    is_person,
    -- A person where people act, a role where services do.
    CASE
        WHEN is_person AND person IS NOT NULL
            THEN concat(
                principal_arn, ' ',
                CASE WHEN regexp_like(person, '^[^@\s]+@[^@\s]+\.[^@\s]+$') THEN lower(person) ELSE person END
            )
        -- Of a user's token: the user's own calls are another actor's.
        WHEN principal_type = 'FederatedUser' AND session_name IS NOT NULL AND NOT regexp_like(principal_arn, '^(${automation})$')
            THEN concat(principal_arn, ' ', substr(session_name, 1, 128))
        ELSE principal_arn
    END AS actor,
    NULLIF(useridentity.accesskeyid, '') AS access_key_id
FROM judged
