# The canary: a function that reads a secret of its own on a schedule. Every path must bring
# that read to the summarizer; what is silent is reported on the operations topic.

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
  suffix     = "${local.region}:${local.account_id}"

  name = "${var.name_prefix}-canary"
  # Not "-canary": Secrets Manager would take a hyphen and six letters for the end of an ARN.
  secret_name = "${var.name_prefix}/canary"
  # Without the six characters that only AWS knows, so that a plan shows the whole policy.
  secret_arn = "arn:${local.partition}:secretsmanager:${local.suffix}:secret:${local.secret_name}"
  role_arn   = "arn:${local.partition}:iam::${local.account_id}:role${var.iam_path}${local.name}"

  summarizer_log_group = "/aws/lambda/${var.summarizer_function_name}"
  watched_log_groups   = concat([local.summarizer_log_group], var.log_group_name[*])
  watched_bus          = var.event_bus_name == "default" ? "" : "${var.event_bus_name}/"
}

# No aws_secretsmanager_secret_version and no policy: the provider reads the value back on
# every plan, and whoever is not the canary and touches this secret is an incident. The
# function writes the value, which protects nothing, on its first run. It is never rotated: a rule that
# wants rotation everywhere finds it, as modules/hardening says.
resource "aws_secretsmanager_secret" "canary" {
  name        = local.secret_name
  description = "Read by ${local.name} to see that reads are seen. Protects nothing; a read by anybody else is an incident."
  kms_key_id  = var.kms_key_arn
  # Nothing to recover, and a name that waits for deletion could not be used again.
  recovery_window_in_days = 0
  tags                    = var.tags
}

data "aws_iam_policy_document" "canary" {
  statement {
    sid       = "ReadOwnSecret"
    actions   = ["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"]
    resources = ["${local.secret_arn}-??????"]
  }

  statement {
    sid       = "KeepWatch"
    actions   = ["dynamodb:BatchGetItem", "dynamodb:PutItem"]
    resources = ["arn:${local.partition}:dynamodb:${local.suffix}:table/${var.audit_table_name}"]

    condition {
      test     = "ForAllValues:StringLike"
      variable = "dynamodb:LeadingKeys"
      values   = ["NOTE#canary *", "SIGHTING#*"]
    }
  }

  statement {
    sid       = "ReportSilence"
    actions   = ["sns:Publish"]
    resources = [var.operations_topic_arn]
  }

  # What follows shows where a silent path stopped. None of it reads a record or a message.
  statement {
    sid       = "LookAtLogGroups"
    actions   = ["logs:DescribeLogStreams", "logs:DescribeSubscriptionFilters"]
    resources = flatten([for name in local.watched_log_groups : ["arn:${local.partition}:logs:${local.suffix}:log-group:${name}", "arn:${local.partition}:logs:${local.suffix}:log-group:${name}:*"]])
  }

  statement {
    sid       = "LookAtSummarizer"
    actions   = ["lambda:GetFunctionConcurrency", "lambda:GetPolicy"]
    resources = ["arn:${local.partition}:lambda:${local.suffix}:function:${var.summarizer_function_name}"]
  }

  dynamic "statement" {
    for_each = var.trail_name[*]

    content {
      sid       = "LookAtTrail"
      actions   = ["cloudtrail:GetTrailStatus"]
      resources = ["arn:${local.partition}:cloudtrail:${local.suffix}:trail/${statement.value}"]
    }
  }

  dynamic "statement" {
    for_each = var.event_rule_name[*]

    content {
      sid       = "LookAtRule"
      actions   = ["events:DescribeRule", "events:ListTargetsByRule"]
      resources = ["arn:${local.partition}:events:${local.suffix}:rule/${local.watched_bus}${statement.value}"]
    }
  }

  dynamic "statement" {
    for_each = var.access_queue_name[*]

    content {
      sid       = "LookAtQueue"
      actions   = ["sqs:GetQueueUrl", "sqs:GetQueueAttributes"]
      resources = ["arn:${local.partition}:sqs:${local.suffix}:${statement.value}"]
    }
  }
}

module "canary" {
  source = "../lambda_function"

  name        = local.name
  description = "Reads its own secret and reports a path that does not bring the read"
  handler     = "secretwatch.functions.canary.handler.handler"
  policy_json = data.aws_iam_policy_document.canary.json

  environment = {
    AUDIT_TABLE          = var.audit_table_name
    OPERATIONS_TOPIC_ARN = var.operations_topic_arn
    CANARY_SECRET        = aws_secretsmanager_secret.canary.name
    SUMMARIZER_FUNCTION  = var.summarizer_function_name
    TRAIL                = var.trail_name == null ? "" : var.trail_name
    TRAIL_LOG_GROUP      = var.log_group_name == null ? "" : var.log_group_name
    EVENT_BUS            = var.event_bus_name
    EVENT_RULE           = var.event_rule_name == null ? "" : var.event_rule_name
    ACCESS_QUEUE         = var.access_queue_name == null ? "" : var.access_queue_name
  }
  settings = jsonencode({
    name_prefix             = var.name_prefix
    canary_schedule_minutes = var.canary_schedule_minutes
    enable_complete_path    = var.enable_complete_path
    enable_fast_path        = var.enable_fast_path
  })

  schedule_expression          = "rate(${var.canary_schedule_minutes} minutes)"
  schedule_maximum_age_seconds = var.canary_schedule_minutes * 60
  operations_topic_arn         = var.operations_topic_arn
  kms_key_arn                  = var.kms_key_arn
  log_retention_in_days        = var.log_retention_in_days
  permissions_boundary_arn     = var.permissions_boundary_arn
  iam_path                     = var.iam_path
  tags                         = var.tags
}
