# A queue for each channel between the topics and the notifier: a channel that is slow or dead delays
# no other, and what it does not take waits for it.

locals {
  sqs_arn_start    = "arn:${local.partition}:sqs:${local.region}:${local.account_id}"
  notifier_seconds = 60

  # What the channels get. Another topic is one more entry.
  channel_topics = { alerts = local.alerts_topic_arn, alerts-minor = local.minor_alerts_topic_arn }
  channel_subscriptions = {
    for pair in setproduct(keys(local.channel_topics), keys(var.channels)) : "${pair[0]}/${pair[1]}" => { topic = local.channel_topics[pair[0]], channel = pair[1] }
  }

  channel_queues       = { for name in keys(var.channels) : name => "${var.name_prefix}-channel-${name}" }
  channel_dead_letters = { for name, queue in local.channel_queues : name => "${queue}-dead-letters" }
}

resource "aws_sqs_queue" "channel" {
  for_each = local.channel_queues

  name              = each.value
  kms_master_key_id = var.kms_key_arn
  # AWS: at least six times the function's timeout.
  visibility_timeout_seconds = 6 * local.notifier_seconds
  message_retention_seconds  = 1209600
  policy                     = data.aws_iam_policy_document.channel_queue[each.value].json
  tags                       = var.tags

  # Every six minutes for two days: most channels that fail come back within that time, and then get what they missed.
  redrive_policy = jsonencode({
    deadLetterTargetArn = "${local.sqs_arn_start}:${local.channel_dead_letters[each.key]}"
    maxReceiveCount     = 480
  })

  # SQS refuses a redrive policy whose queue is not there yet.
  depends_on = [aws_sqs_queue.channel_dead_letters]
}

resource "aws_sqs_queue" "channel_dead_letters" {
  for_each = local.channel_dead_letters

  name                      = each.value
  message_retention_seconds = 1209600
  kms_master_key_id         = var.kms_key_arn
  policy                    = data.aws_iam_policy_document.channel_queue[each.value].json
  tags                      = var.tags
}

data "aws_iam_policy_document" "channel_queue" {
  for_each = toset(concat(values(local.channel_queues), values(local.channel_dead_letters)))

  statement {
    sid       = "TopicsSend"
    actions   = ["sqs:SendMessage"]
    resources = ["${local.sqs_arn_start}:${each.value}"]

    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = values(local.channel_topics)
    }
  }
}

# Not raw: SNS's envelope has the subject and the id of what is no notification of ours, such as a budget's message.
resource "aws_sns_topic_subscription" "channel" {
  for_each = local.channel_subscriptions

  topic_arn = each.value.topic
  protocol  = "sqs"
  endpoint  = "${local.sqs_arn_start}:${local.channel_queues[each.value.channel]}"

  # What SNS cannot hand over, for lack of a permission or of the queue, it would discard.
  redrive_policy = jsonencode({ deadLetterTargetArn = "${local.sqs_arn_start}:${local.channel_dead_letters[each.value.channel]}" })

  depends_on = [aws_sns_topic.alerts, aws_sns_topic.minor_alerts, aws_sqs_queue.channel, aws_sqs_queue.channel_dead_letters]
}

resource "aws_lambda_event_source_mapping" "channel" {
  for_each = local.channel_queues

  event_source_arn                   = aws_sqs_queue.channel[each.key].arn
  function_name                      = module.notifier[0].function_name
  batch_size                         = 25
  maximum_batching_window_in_seconds = 2
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = var.tags

  # The least that AWS takes: a channel is paced, and must not use up the function's concurrency.
  scaling_config {
    maximum_concurrency = 2
  }
}

# By count and not by age: SQS leaves out of the age what it has handed over three times. AWS: "Available CloudWatch
# metrics for Amazon SQS". What is handed over again and again counts as not visible.
resource "aws_cloudwatch_metric_alarm" "channel_waiting" {
  for_each = local.channel_queues

  alarm_name          = "${each.value}-waiting"
  alarm_description   = "Notifications have waited for fifteen minutes in ${each.value}: the channel ${each.key} does not take them. The log of ${var.name_prefix}-notifier says why. They are tried for two days."
  evaluation_periods  = 15
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.operations_topic_arn]
  tags                = var.tags

  metric_query {
    id          = "waiting"
    expression  = "visible + hidden"
    label       = "Notifications that wait"
    return_data = true
  }

  dynamic "metric_query" {
    for_each = { visible = "ApproximateNumberOfMessagesVisible", hidden = "ApproximateNumberOfMessagesNotVisible" }

    content {
      id = metric_query.key

      metric {
        namespace   = "AWS/SQS"
        metric_name = metric_query.value
        dimensions  = { QueueName = each.value }
        period      = 60
        stat        = "Minimum"
      }
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "channel_dead_letters" {
  for_each = local.channel_dead_letters

  alarm_name          = each.value
  alarm_description   = "The channel ${each.key} did not take a notification for two days, or SNS could not hand it over; it is in the queue ${each.value}. The log of ${var.name_prefix}-notifier says why."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.value }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [local.operations_topic_arn]
  tags                = var.tags
}
