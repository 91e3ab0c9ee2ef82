# Lets CloudTrail's records reach one function: from the trail's log group, through a
# subscription filter (of which CloudWatch Logs allows two per log group).

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

resource "aws_lambda_permission" "logs" {
  statement_id   = "AllowCloudWatchLogs"
  function_name  = var.function_name
  action         = "lambda:InvokeFunction"
  principal      = "logs.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
  source_arn     = "arn:${data.aws_partition.current.partition}:logs:${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}:log-group:${var.log_group_name}:*"
}

resource "aws_cloudwatch_log_subscription_filter" "records" {
  name            = var.function_name
  log_group_name  = var.log_group_name
  filter_pattern  = var.filter_pattern
  destination_arn = var.function_arn

  depends_on = [aws_lambda_permission.logs]
}
