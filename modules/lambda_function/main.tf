# One Lambda function with all that a function needs to be run: its zip, role, log group,
# dead-letter queue, an alarm on that queue, and what runs it by the clock where it has a schedule.

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

# The region: of aws_region, id is deprecated in provider 6 and region is missing in 5.
data "aws_service" "current" {
  service_id = "logs"
}

locals {
  source_dir = "${path.module}/../../lambda_src"
  # Of the functions its own room alone: they know nothing of each other, and each file makes a plan slower.
  room = try(regex("^secretwatch\\.functions\\.[a-z_]+", var.handler), "secretwatch.functions")
  sources = toset([
    for file in fileset(local.source_dir, "secretwatch/**/*.{py,json,csv}") : file
    if !startswith(file, "secretwatch/functions/") || dirname(file) == "secretwatch/functions" || startswith(file, "${replace(local.room, ".", "/")}/")
  ])
  suffix = "${data.aws_service.current.region}:${data.aws_caller_identity.current.account_id}"
  # Built from names, so that a plan shows the whole policy.
  function_arn = "arn:${data.aws_partition.current.partition}:lambda:${local.suffix}:function:${var.name}"
  # From the name alone: the function need not wait for its queue, which takes AWS half a minute.
  queue_name    = "${var.name}-dead-letters"
  queue_arn     = "arn:${data.aws_partition.current.partition}:sqs:${local.suffix}:${local.queue_name}"
  schedule_name = coalesce(var.schedule_name, var.name)
  scheduled     = var.schedule_expression != null
  rule_arn      = "arn:${data.aws_partition.current.partition}:events:${local.suffix}:rule/${local.schedule_name}"
  # Who else sends to the queue: service → what it sends for.
  dead_letter_senders = merge(var.dead_letter_senders, local.scheduled ? { "events.amazonaws.com" = concat(lookup(var.dead_letter_senders, "events.amazonaws.com", []), [local.rule_arn]) } : {})
  log_group           = "arn:${data.aws_partition.current.partition}:logs:${local.suffix}:log-group:${aws_cloudwatch_log_group.function.name}"
  # Empty text that is known only at apply when what the zip is made of changes.
  at_apply = substr(terraform_data.package.output.sources, 0, 0)
}

# What the zip is made of: a plan shows the settings as they change, which the zip's hash would not.
resource "terraform_data" "package" {
  input = {
    name     = var.name
    settings = jsondecode(var.settings)
    sources  = sha256(join("", [for name in local.sources : "${name} ${filesha256("${local.source_dir}/${name}")}"]))
  }

  lifecycle {
    precondition {
      condition     = fileexists("${local.source_dir}/secretwatch/__init__.py")
      error_message = "${var.name} needs the folder lambda_src beside the folder modules: take the whole repository, not modules alone."
    }
  }
}

data "aws_lambda_functions" "deployed" {}

# The zip has to be where the plan is applied, which need not be where it was made. So it is written
# at apply when its name, settings or sources change (local.at_apply), and when AWS has no such function
# (timestamp() is known only then), be it that an earlier apply failed or that somebody deleted it.
data "archive_file" "package" {
  type        = "zip"
  output_path = "${path.root}/.terraform/${var.name}.zip${contains(data.aws_lambda_functions.deployed.function_names, var.name) ? "" : substr(timestamp(), 0, 0)}"

  # By content and not by folder: the same bytes on every machine, whatever the file times and modes.
  # Sensitive, or a plan would print all of it; terraform_data shows what changes. And at apply: Terraform
  # keeps these blocks in order of their content, which for all functions takes it seconds of a plan.
  dynamic "source" {
    for_each = local.sources

    content {
      filename = source.value
      content  = sensitive(file("${local.source_dir}/${source.value}${local.at_apply}"))
    }
  }

  source {
    filename = "settings.json"
    content  = sensitive("${var.settings}${local.at_apply}")
  }
}

resource "aws_lambda_function" "function" {
  function_name    = var.name
  description      = var.description
  role             = aws_iam_role.function.arn
  handler          = var.handler
  runtime          = "python3.13"
  architectures    = ["arm64"]
  filename         = data.archive_file.package.output_path
  source_code_hash = data.archive_file.package.output_base64sha256
  timeout          = var.timeout_seconds
  memory_size      = var.memory_size_mb
  kms_key_arn      = var.kms_key_arn
  tags             = var.tags

  environment {
    variables = var.environment
  }

  # Without its policies the first invocations would be refused.
  depends_on = [
    aws_cloudwatch_log_group.function,
    aws_iam_role_policy.function,
    aws_iam_role_policy.runtime,
    aws_iam_role_policy.key,
  ]
}

resource "aws_lambda_function_event_invoke_config" "function" {
  function_name                = aws_lambda_function.function.function_name
  maximum_retry_attempts       = 2
  maximum_event_age_in_seconds = 21600

  destination_config {
    on_failure {
      destination = aws_sqs_queue.dead_letters.arn
    }
  }
}

resource "aws_cloudwatch_log_group" "function" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

# What three attempts could not handle is kept here for 14 days.
resource "aws_sqs_queue" "dead_letters" {
  name                      = local.queue_name
  message_retention_seconds = 1209600
  kms_master_key_id         = var.kms_key_arn
  policy                    = one(data.aws_iam_policy_document.dead_letters[*].json)
  tags                      = var.tags
}

# The function's own role sends what failed by its own policy; services that could not even reach
# the function send here by this one.
data "aws_iam_policy_document" "dead_letters" {
  count = length(local.dead_letter_senders) > 0 ? 1 : 0

  dynamic "statement" {
    for_each = local.dead_letter_senders

    content {
      sid       = "Send${replace(title(split(".", statement.key)[0]), "-", "")}"
      actions   = ["sqs:SendMessage"]
      resources = [local.queue_arn]

      principals {
        type        = "Service"
        identifiers = [statement.key]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = statement.value
      }
    }
  }
}

locals {
  # Lambda's own metric → what it means.
  watched = {
    Errors    = { threshold = 3, meaning = "failed three times or more within five minutes; its log says why" }
    Throttles = { threshold = 1, meaning = "was throttled: the account's concurrency is used up, and events wait" }

    DestinationDeliveryFailures = { threshold = 1, meaning = "failed on an event, and the event was too large for its dead-letter queue or not allowed into it: it is lost, its log says which" }
  }
}

resource "aws_cloudwatch_metric_alarm" "function" {
  for_each = local.watched

  alarm_name          = "${var.name}-${lower(each.key)}"
  alarm_description   = "${var.name} ${each.value.meaning}."
  namespace           = "AWS/Lambda"
  metric_name         = each.key
  dimensions          = { FunctionName = var.name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = each.value.threshold
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.operations_topic_arn]
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name          = "${var.name}-dead-letters"
  alarm_description   = "${var.name} could not handle an event in three attempts; it is in the queue ${aws_sqs_queue.dead_letters.name}. The function's log says why."
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.dead_letters.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [var.operations_topic_arn]
  tags                = var.tags
}
