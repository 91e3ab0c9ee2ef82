filter eventSource = "secretsmanager.amazonaws.com" and eventName = "GetSecretValue" and not ispresent(errorCode)
| stats count(*) as reads by bin(1h)
