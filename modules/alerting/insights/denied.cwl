filter eventSource = "secretsmanager.amazonaws.com" and errorCode like "AccessDenied"
| stats count(*) as calls, max(eventTime) as latest
    by coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) as principal, eventName
| sort calls desc
| limit 100
