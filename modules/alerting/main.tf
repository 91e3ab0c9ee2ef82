# Alarms on what the trail's log group says, and the one way out to people.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id
  account_id = data.aws_caller_identity.current.account_id
  namespace  = "SecretWatch/${var.name_prefix}"
}
