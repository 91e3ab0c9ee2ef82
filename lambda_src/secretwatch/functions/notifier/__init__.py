"""The only function that knows webhooks: alerts topic in, Slack and Teams out."""
