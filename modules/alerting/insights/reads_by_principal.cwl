filter eventSource = "secretsmanager.amazonaws.com" and eventName = "GetSecretValue" and not ispresent(errorCode)
| stats count(*) as reads, count_distinct(requestParameters.secretId) as secrets, max(eventTime) as latest
    by coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn, userIdentity.accountId) as principal
| sort reads desc
| limit 100
