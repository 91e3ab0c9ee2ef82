# The alerts topic carries notifications, of which phones and inboxes take what is high, and alarms of severity
# high and critical, for the channels. An alarm carries no attributes, and no filter takes what has none. AWS:
# "Key matching" (Amazon SNS Developer Guide). So phones and inboxes get these alarms from a topic of their own
# without a filter, and alarms below go to one that only channels hear. The operations topic carries alarms about ourselves, and
# the notifier does not read it: it must work when the notifier does not.

locals {
  topic_arn_start        = "arn:${local.partition}:sns:${local.region}:${local.account_id}"
  alerts_topic_arn       = var.create_alerts_topic ? "${local.topic_arn_start}:${aws_sns_topic.alerts[0].name}" : var.alerts_topic_arn
  minor_alerts_topic_arn = "${local.topic_arn_start}:${aws_sns_topic.minor_alerts.name}"
  major_alerts_topic_arn = "${local.topic_arn_start}:${aws_sns_topic.major_alerts.name}"
  operations_topic_arn   = "${local.topic_arn_start}:${aws_sns_topic.operations.name}"

  topic_arns = {
    alerts       = local.alerts_topic_arn
    alerts-major = local.major_alerts_topic_arn
    alerts-minor = local.minor_alerts_topic_arn
    operations   = local.operations_topic_arn
  }

  # The topic itself, for what must wait until it is there.
  alerts_topic = var.create_alerts_topic ? aws_sns_topic.alerts[0].arn : var.alerts_topic_arn

  # Notifications carry their severity. The digest is info.
  high_and_above = ["high", "critical"]
  what_matters   = { severity = local.high_and_above }
  the_digest     = { kind = ["digest"] }
  # An address has one subscription, whatever it gets. AWS: "AND/OR logic" (Amazon SNS Developer Guide).
  filter_policies = merge(
    { for email in var.digest_emails : email => jsonencode(local.the_digest) },
    { for email in var.alert_emails : email => jsonencode(local.what_matters) },
    { for email in setintersection(var.alert_emails, var.digest_emails) : email => jsonencode({ "$or" = [local.what_matters, local.the_digest] }) },
  )
}

resource "aws_sns_topic" "alerts" {
  count = var.create_alerts_topic ? 1 : 0

  name              = "${var.name_prefix}-alerts"
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sns_topic" "minor_alerts" {
  name              = "${var.name_prefix}-alerts-minor"
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sns_topic" "major_alerts" {
  name              = "${var.name_prefix}-alerts-major"
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags
}

# Not encrypted with the key: it has to say that the key was taken away. It carries names of functions,
# queues and alarms, and nothing of secrets or their readers.
resource "aws_sns_topic" "operations" {
  name = "${var.name_prefix}-operations"
  tags = var.tags
}

data "aws_iam_policy_document" "topic" {
  for_each = local.topic_arns

  statement {
    sid       = "AlarmsPublish"
    actions   = ["sns:Publish"]
    resources = [each.value]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }

  statement {
    sid       = "DenyPlainHttp"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [each.value]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sns_topic_policy" "alerts" {
  count = var.create_alerts_topic ? 1 : 0

  arn    = aws_sns_topic.alerts[0].arn
  policy = data.aws_iam_policy_document.topic["alerts"].json
}

resource "aws_sns_topic_policy" "minor_alerts" {
  arn    = aws_sns_topic.minor_alerts.arn
  policy = data.aws_iam_policy_document.topic["alerts-minor"].json
}

resource "aws_sns_topic_policy" "major_alerts" {
  arn    = aws_sns_topic.major_alerts.arn
  policy = data.aws_iam_policy_document.topic["alerts-major"].json
}

resource "aws_sns_topic_policy" "operations" {
  arn    = aws_sns_topic.operations.arn
  policy = data.aws_iam_policy_document.topic["operations"].json
}

# Says on the other topic that somebody was not notified: a refused email, a phone, a webhook. Of
# the operations topic nobody could say it but the operations topic.
resource "aws_cloudwatch_metric_alarm" "undelivered" {
  for_each = merge({ alerts-minor = aws_sns_topic.minor_alerts.name, alerts-major = aws_sns_topic.major_alerts.name }, { for topic in aws_sns_topic.alerts : "alerts" => topic.name })

  alarm_name          = "${var.name_prefix}-${each.key}-undelivered"
  alarm_description   = "A message on ${each.value} did not reach one of its subscribers; SNS gave it up. Look at the topic's subscriptions, SMS spending limit and the channels' dead-letter queues."
  namespace           = "AWS/SNS"
  metric_name         = "NumberOfNotificationsFailed"
  dimensions          = { TopicName = each.value }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.operations_topic_arn]
  tags                = var.tags
}

resource "aws_sns_topic_subscription" "email" {
  for_each = setunion(var.alert_emails, var.digest_emails)

  topic_arn     = local.alerts_topic
  protocol      = "email"
  endpoint      = each.value
  filter_policy = local.filter_policies[each.value]
}

resource "aws_sns_topic_subscription" "sms" {
  for_each = var.alert_phone_numbers

  topic_arn     = local.alerts_topic
  protocol      = "sms"
  endpoint      = each.value
  filter_policy = jsonencode(local.what_matters)
}

resource "aws_sns_topic_subscription" "major_email" {
  for_each = var.alert_emails

  topic_arn = aws_sns_topic.major_alerts.arn
  protocol  = "email"
  endpoint  = each.value
}

resource "aws_sns_topic_subscription" "major_sms" {
  for_each = var.alert_phone_numbers

  topic_arn = aws_sns_topic.major_alerts.arn
  protocol  = "sms"
  endpoint  = each.value
}

resource "aws_sns_topic_subscription" "operations_email" {
  for_each = setunion(var.alert_emails, var.operations_emails)

  topic_arn = aws_sns_topic.operations.arn
  protocol  = "email"
  endpoint  = each.value
}

# Phones only where there is no inbox: our own failures have to reach somebody.
resource "aws_sns_topic_subscription" "operations_sms" {
  for_each = length(var.alert_emails) + length(var.operations_emails) == 0 ? var.alert_phone_numbers : []

  topic_arn = aws_sns_topic.operations.arn
  protocol  = "sms"
  endpoint  = each.value
}
