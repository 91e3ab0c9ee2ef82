# What each member account applies, in each region: forward Secrets Manager's calls to the
# central bus. No provider block, since the central account uses it as a module for its own calls: the
# region is that of AWS_REGION.

variable "central_bus_arn" {
  description = "ARN of the bus in the central account."
  type        = string
  default     = "arn:aws:events:us-east-1:123456789012:event-bus/secrets"
}

data "aws_caller_identity" "current" {}

data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }
  }
}

data "aws_iam_policy_document" "forward" {
  statement {
    actions   = ["events:PutEvents"]
    resources = [var.central_bus_arn]
  }
}

resource "aws_iam_role" "forward" {
  name_prefix        = "secretwatch-forward-"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_iam_role_policy" "forward" {
  name   = "forward"
  role   = aws_iam_role.forward.name
  policy = data.aws_iam_policy_document.forward.json
}

resource "aws_cloudwatch_event_rule" "secrets" {
  name  = "secretwatch-forward"
  state = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS" # reads are read-only management events
  event_pattern = jsonencode({
    source      = ["aws.secretsmanager"]
    detail-type = ["AWS API Call via CloudTrail", "AWS Service Event via CloudTrail"]
  })
}

resource "aws_cloudwatch_event_target" "central" {
  rule     = aws_cloudwatch_event_rule.secrets.name
  arn      = var.central_bus_arn
  role_arn = aws_iam_role.forward.arn

  # What the central bus refuses is kept here; the organization's trail brings it within minutes.
  dead_letter_config {
    arn = "arn:aws:sqs:${local.suffix}:${aws_sqs_queue.undelivered.name}"
  }
}

# --- what could not be forwarded ---------------------------------------------------------

variable "operations_email" {
  description = "Who is notified when events could not be forwarded."
  type        = string
  default     = "operations@example.com"
}

data "aws_service" "current" {
  service_id = "logs" # any service: its region is the provider's
}

locals {
  suffix = "${data.aws_service.current.region}:${data.aws_caller_identity.current.account_id}"
}

data "aws_iam_policy_document" "undelivered" {
  statement {
    actions   = ["sqs:SendMessage"]
    resources = ["arn:aws:sqs:${local.suffix}:secretwatch-undelivered"]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = ["arn:aws:events:${local.suffix}:rule/secretwatch-forward"]
    }
  }
}

resource "aws_sqs_queue" "undelivered" {
  name                      = "secretwatch-undelivered"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  policy                    = data.aws_iam_policy_document.undelivered.json
}

resource "aws_sns_topic" "operations" {
  name = "secretwatch-member-operations"
}

resource "aws_sns_topic_subscription" "operations" {
  topic_arn = aws_sns_topic.operations.arn
  protocol  = "email"
  endpoint  = var.operations_email
}

locals {
  signs = {
    failed = { namespace = "AWS/Events", metric = "FailedInvocations", dimensions = { RuleName = aws_cloudwatch_event_rule.secrets.name } }
    kept   = { namespace = "AWS/SQS", metric = "ApproximateNumberOfMessagesVisible", dimensions = { QueueName = aws_sqs_queue.undelivered.name } }
  }
}

resource "aws_cloudwatch_metric_alarm" "undelivered" {
  for_each = local.signs

  alarm_name          = "secretwatch-forward-${each.key}"
  alarm_description   = "An event could not be forwarded to the central bus; it is in the queue ${aws_sqs_queue.undelivered.name}."
  namespace           = each.value.namespace
  metric_name         = each.value.metric
  dimensions          = each.value.dimensions
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.operations.arn]
}
