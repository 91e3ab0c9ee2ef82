# The fast path's queue: gathers what comes within seconds into one invocation.

locals {
  queue_name = "${var.name_prefix}-accesses"
  queue_arn  = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${local.queue_name}"
  rule_arn   = "arn:${local.partition}:events:${local.region}:${local.account_id}:rule/${var.event_bus_name == "default" ? "" : "${var.event_bus_name}/"}${var.name_prefix}-summarizer"
}

resource "aws_sqs_queue" "accesses" {
  count = var.enable_fast_path ? 1 : 0

  name              = local.queue_name
  kms_master_key_id = var.kms_key_arn
  # AWS: at least six times the function's timeout.
  visibility_timeout_seconds = 6 * local.timeout_seconds
  message_retention_seconds  = 1209600
  policy                     = data.aws_iam_policy_document.queue.json
  tags                       = var.tags

  redrive_policy = jsonencode({
    deadLetterTargetArn = "arn:${local.partition}:sqs:${local.region}:${local.account_id}:${module.summarizer.dead_letter_queue_name}"
    # At least five, so that a throttled function sends nothing there. AWS: "Creating and configuring an
    # Amazon SQS event source mapping".
    maxReceiveCount = 5
  })
}

data "aws_iam_policy_document" "queue" {
  statement {
    sid       = "EventBridgeSends"
    actions   = ["sqs:SendMessage"]
    resources = [local.queue_arn]

    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.rule_arn]
    }
  }
}

resource "aws_lambda_event_source_mapping" "accesses" {
  count = var.enable_fast_path ? 1 : 0

  event_source_arn                   = aws_sqs_queue.accesses[0].arn
  function_name                      = module.summarizer.function_name
  batch_size                         = 500
  maximum_batching_window_in_seconds = 15
  function_response_types            = ["ReportBatchItemFailures"]
  tags                               = var.tags

  # Two batches at once are enough for thousands of stories an hour, and keep the states of
  # principals from being decided on by many at a time.
  scaling_config {
    maximum_concurrency = 2
  }
}

resource "aws_cloudwatch_metric_alarm" "queue_age" {
  count = var.enable_fast_path ? 1 : 0

  alarm_name          = "${local.queue_name}-age"
  alarm_description   = "Records wait for fifteen minutes in ${local.queue_name}: the summarizer does not keep up, or fails."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateAgeOfOldestMessage"
  dimensions          = { QueueName = local.queue_name }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 900
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.operations_topic_arn]
  tags                = var.tags
}
