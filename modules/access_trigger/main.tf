# Lets CloudTrail's records reach one function, on two paths that may both bring the same
# record: from the trail's log group (a subscription filter, of which CloudWatch Logs allows
# two per log group), and from EventBridge.

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

# The region: of aws_region, id is deprecated in provider 6 and region is missing in 5.
data "aws_service" "current" {
  service_id = "logs"
}

locals {
  suffix = "${data.aws_service.current.region}:${data.aws_caller_identity.current.account_id}"
  # Whether there is a queue between rule and function follows from a variable known at plan: its name.
  to_queue = var.queue_name != null
  own_bus  = var.event_bus_name != "default"
  sqs      = "arn:${data.aws_partition.current.partition}:sqs:${local.suffix}"
}

# --- the complete path -------------------------------------------------------------------

resource "aws_lambda_permission" "logs" {
  count = var.enable_complete_path ? 1 : 0

  statement_id   = "AllowCloudWatchLogs"
  function_name  = var.function_name
  action         = "lambda:InvokeFunction"
  principal      = data.aws_partition.current.partition == "aws-cn" ? "logs.amazonaws.com.cn" : "logs.amazonaws.com"
  source_account = data.aws_caller_identity.current.account_id
  source_arn     = "arn:${data.aws_partition.current.partition}:logs:${local.suffix}:log-group:${var.log_group_name}:*"
}

resource "aws_cloudwatch_log_subscription_filter" "records" {
  count = var.enable_complete_path ? 1 : 0

  name            = var.function_name
  log_group_name  = var.log_group_name
  filter_pattern  = var.filter_pattern
  destination_arn = var.function_arn

  depends_on = [aws_lambda_permission.logs]
}

# Records that CloudWatch Logs could not hand over are lost to this path.
resource "aws_cloudwatch_metric_alarm" "delivery" {
  count = var.enable_complete_path ? 1 : 0

  alarm_name          = "${var.function_name}-delivery"
  alarm_description   = "CloudWatch Logs could not hand records of ${var.log_group_name} to ${var.function_name}; the fast path may have brought them."
  namespace           = "AWS/Logs"
  metric_name         = "DeliveryErrors"
  dimensions          = { LogGroupName = var.log_group_name, DestinationType = "Lambda", FilterName = var.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.operations_topic_arn]
  tags                = var.tags
}

# --- the fast path -----------------------------------------------------------------------

resource "aws_cloudwatch_event_rule" "records" {
  count = var.enable_fast_path ? 1 : 0

  name           = var.function_name
  description    = "Secrets Manager calls for ${var.function_name}"
  event_bus_name = var.event_bus_name
  # Reads are read-only management events, which a rule in state ENABLED does not match, on a bus of
  # one's own neither. AWS: "PutRule".
  state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
  tags  = var.tags

  # Only AWS itself can send events of a source that starts with aws.
  event_pattern = jsonencode({
    source      = ["aws.secretsmanager"]
    detail-type = ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"]
    detail = {
      eventSource = ["secretsmanager.amazonaws.com"]
      eventName   = var.event_names
    }
  })
}

resource "aws_cloudwatch_event_target" "records" {
  count = var.enable_fast_path ? 1 : 0

  rule           = aws_cloudwatch_event_rule.records[0].name
  event_bus_name = var.event_bus_name
  arn            = local.to_queue ? "${local.sqs}:${var.queue_name}" : var.function_arn

  # EventBridge retries for a day, and drops at once what it has no permission for.
  dead_letter_config {
    arn = "${local.sqs}:${var.dead_letter_queue_name}"
  }
}

resource "aws_cloudwatch_metric_alarm" "undelivered" {
  count = var.enable_fast_path ? 1 : 0

  alarm_name          = "${var.function_name}-undelivered"
  alarm_description   = "EventBridge could not deliver an event to ${local.to_queue ? var.queue_name : var.function_name}; look into the queue ${var.dead_letter_queue_name}. The complete path may have brought the record."
  namespace           = "AWS/Events"
  metric_name         = "FailedInvocations"
  dimensions          = merge({ RuleName = var.function_name }, local.own_bus ? { EventBusName = var.event_bus_name } : {})
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.operations_topic_arn]
  tags                = var.tags
}

resource "aws_lambda_permission" "events" {
  count = var.enable_fast_path && !local.to_queue ? 1 : 0

  statement_id  = "AllowEventBridge"
  function_name = var.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = "arn:${data.aws_partition.current.partition}:events:${local.suffix}:rule/${local.own_bus ? "${var.event_bus_name}/" : ""}${var.function_name}"
}
