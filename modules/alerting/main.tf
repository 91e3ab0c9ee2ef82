# Alarms on what the trail's log group says, and the one way out to people.

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

# The region: of aws_region, id is deprecated in provider 6 and region is missing in 5.
data "aws_service" "current" {
  service_id = "logs"
}

locals {
  partition  = data.aws_partition.current.partition
  region     = data.aws_service.current.region
  account_id = data.aws_caller_identity.current.account_id
  namespace  = "SecretWatch/${var.name_prefix}"
}

check "somebody_is_notified" {
  assert {
    # Of a topic that you brought nobody knows here who subscribed to it.
    condition     = !var.create_alerts_topic || length(var.channels) + length(var.alert_emails) + length(var.alert_phone_numbers) > 0
    error_message = "Nobody will be notified: accesses are recorded and alarms are raised, but nobody is given to send them to. Set channels, alert_emails or alert_phone_numbers."
  }
}
