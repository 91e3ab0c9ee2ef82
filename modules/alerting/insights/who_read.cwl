# Put the secret's name in place of prod/db.
filter eventSource = "secretsmanager.amazonaws.com" and eventName = "GetSecretValue" and requestParameters.secretId like "prod/db"
| fields eventTime, coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) as principal,
    sourceIPAddress, userAgent, errorCode
| sort eventTime desc
| limit 200
