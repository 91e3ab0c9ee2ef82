filter eventSource = "secretsmanager.amazonaws.com" and eventName = "GetSecretValue" and not ispresent(errorCode)
| stats count(*) as reads, count_distinct(requestParameters.secretId) as secrets by sourceIPAddress
| sort reads desc
| limit 100
