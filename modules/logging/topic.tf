# CloudTrail's own topic: one message for each log file, without what is in it. The other way
# to be notified, for comparison: docs/comparison.md.

locals {
  trail_topic_arn = "arn:${local.partition}:sns:${local.region}:${local.account_id}:${var.name_prefix}-trail"
}

resource "aws_sns_topic" "trail" {
  count = length(var.trail_topic_emails) > 0 ? 1 : 0

  name              = "${var.name_prefix}-trail"
  kms_master_key_id = var.kms_key_arn
  tags              = var.tags
}

data "aws_iam_policy_document" "trail_topic" {
  statement {
    sid       = "CloudTrailPublishes"
    actions   = ["sns:Publish"]
    resources = [local.trail_topic_arn]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

resource "aws_sns_topic_policy" "trail" {
  count = length(var.trail_topic_emails) > 0 ? 1 : 0

  arn    = aws_sns_topic.trail[0].arn
  policy = data.aws_iam_policy_document.trail_topic.json
}

resource "aws_cloudwatch_metric_alarm" "undelivered" {
  count = length(var.trail_topic_emails) > 0 ? 1 : 0

  alarm_name          = "${var.name_prefix}-trail-undelivered"
  alarm_description   = "A message on ${aws_sns_topic.trail[0].name} did not reach one of its subscribers; SNS gave it up."
  namespace           = "AWS/SNS"
  metric_name         = "NumberOfNotificationsFailed"
  dimensions          = { TopicName = aws_sns_topic.trail[0].name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = var.operations_topic_arn[*]
  tags                = var.tags
}

resource "aws_sns_topic_subscription" "trail" {
  for_each = var.trail_topic_emails

  topic_arn = aws_sns_topic.trail[0].arn
  protocol  = "email"
  endpoint  = each.value
}
