# The summarizer: every record of Secrets Manager → audit table, one sentence, S3, notification.

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

# The region: of aws_region, id is deprecated in provider 6 and region is missing in 5.
data "aws_service" "current" {
  service_id = "logs"
}

locals {
  partition       = data.aws_partition.current.partition
  region          = data.aws_service.current.region
  account_id      = data.aws_caller_identity.current.account_id
  table_arn       = "arn:${local.partition}:dynamodb:${local.region}:${local.account_id}:table/${var.audit_table_name}"
  timeout_seconds = 120

  model_region  = var.bedrock_region == null ? local.region : var.bedrock_region
  guardrail_arn = var.guardrail_id == null ? null : startswith(var.guardrail_id, "arn:") ? var.guardrail_id : "arn:${local.partition}:bedrock:${local.model_region}:${local.account_id}:guardrail/${var.guardrail_id}"

  # What Converse is called with, and what IAM has to allow for it. An inference profile routes to its model in
  # several regions, or (global profiles) to one without a region. AWS: "Prerequisites for inference profiles".
  model      = var.bedrock_inference_profile_arn == null ? var.bedrock_model_id : var.bedrock_inference_profile_arn
  by_arn     = can(regex(local.model_arn, var.bedrock_model_id))
  by_profile = can(regex(local.profile_group, var.bedrock_model_id))
  bare_model = try(replace(var.bedrock_model_id, "/${local.profile_group}/", ""), null)
  model_arns = var.bedrock_model_id == null ? [] : local.by_arn ? [var.bedrock_model_id] : concat(
    var.bedrock_inference_profile_arn[*],
    local.by_profile ? [
      "arn:${local.partition}:bedrock:${local.model_region}:${local.account_id}:inference-profile/${var.bedrock_model_id}",
      "arn:${local.partition}:bedrock:*::foundation-model/${local.bare_model}",
      "arn:${local.partition}:bedrock:::foundation-model/${local.bare_model}",
    ] : ["arn:${local.partition}:bedrock:${local.model_region}::foundation-model/${var.bedrock_model_id}"],
  )

  # The signals' tuning, as the function's setting rules and the backtest's --rules take it.
  rules = merge(
    { for name, o in var.signal_overrides : name => { for key, value in o : key => value if value != null } },
    {
      history_days     = var.history_days
      learning_days    = var.learning_days
      quiet_minutes    = var.quiet_minutes
      decoys           = var.decoys
      automation       = var.automation
      people_roles     = var.people_roles
      expected_readers = var.expected_readers
      expectations     = var.expectations
    },
  )
}

check "expectations_last" {
  assert {
    condition     = alltrue([for e in var.expectations : timecmp("${e.until}T23:59:59Z", plantimestamp()) > 0])
    error_message = "expectations: ${join(", ", [for e in var.expectations : "${e.actor} on ${e.secret} until ${e.until}" if timecmp("${e.until}T23:59:59Z", plantimestamp()) <= 0])} is over and does nothing any more. Remove it, or give it another day."
  }
}

module "shared" {
  source = "../shared_settings"

  trusted_cidrs            = var.trusted_cidrs
  trusted_vpc_endpoint_ids = var.trusted_vpc_endpoint_ids
  audit_retention_days     = var.audit_retention_days
}

data "aws_iam_policy_document" "summarizer" {
  statement {
    sid       = "RecordAccesses"
    actions   = ["dynamodb:PutItem", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
    resources = [local.table_arn]
  }

  statement {
    sid       = "KeepSummaries"
    actions   = ["s3:PutObject"]
    resources = ["${module.bucket.arn}/summaries/*", "${module.bucket.arn}/details/*"]
  }

  dynamic "statement" {
    for_each = var.refresh_published_ranges ? ["${module.bucket.arn}/${local.ranges_prefix}/*"] : []

    content {
      sid       = "ReadRanges"
      actions   = ["s3:GetObject"]
      resources = [statement.value]
    }
  }

  statement {
    sid       = "PublishNotices"
    actions   = ["sns:Publish"]
    resources = [var.alerts_topic_arn]
  }

  dynamic "statement" {
    for_each = var.enable_fast_path ? [local.queue_arn] : []

    content {
      sid       = "ReadQueue"
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
      resources = [statement.value]
    }
  }

  dynamic "statement" {
    for_each = local.model[*]

    content {
      sid       = "AskModel"
      actions   = ["bedrock:InvokeModel"]
      resources = local.model_arns
    }
  }

  dynamic "statement" {
    for_each = local.model == null ? [] : local.guardrail_arn[*]

    content {
      sid       = "ApplyGuardrail"
      actions   = ["bedrock:ApplyGuardrail"]
      resources = [statement.value]
    }
  }
}

module "summarizer" {
  source = "../lambda_function"

  name           = "${var.name_prefix}-summarizer"
  description    = "Records and explains every read of a secret, and notifies"
  handler        = "secretwatch.functions.summarizer.handler.handler"
  policy_json    = data.aws_iam_policy_document.summarizer.json
  memory_size_mb = 512
  # Stories of eight actors at a time, a model call of some seconds for each.
  timeout_seconds = local.timeout_seconds
  environment = {
    AUDIT_TABLE      = var.audit_table_name
    SUMMARIES_BUCKET = module.bucket.name
    ALERTS_TOPIC_ARN = var.alerts_topic_arn
  }
  settings = jsonencode(merge(module.shared.settings, {
    network_names            = join("\n", [for cidr, name in var.network_names : "${cidr},${name}"])
    refresh_published_ranges = var.refresh_published_ranges
    bedrock_model            = local.model
    bedrock_region           = local.model_region
    guardrail_id             = var.guardrail_id
    guardrail_version        = var.guardrail_version
    summary_language         = var.summary_language
    model_calls_per_hour     = var.model_calls_per_hour
    model_minimum_severity   = var.model_minimum_severity
    rules                    = local.rules
    canary_principal_arn     = var.canary_principal_arn
    canary_secret_arn        = var.canary_secret_arn
    metric_namespace         = var.metric_namespace
    own_principal_arns       = local.own_principal_arns
  }))

  dead_letter_senders = var.enable_fast_path ? { "events.amazonaws.com" = [local.rule_arn] } : {}

  operations_topic_arn     = var.operations_topic_arn
  kms_key_arn              = var.kms_key_arn
  more_kms_key_arns        = var.alerts_topic_kms_key_arn[*]
  log_retention_in_days    = var.log_retention_in_days
  permissions_boundary_arn = var.permissions_boundary_arn
  iam_path                 = var.iam_path
  tags                     = var.tags
}

module "trigger" {
  source = "../access_trigger"

  function_name        = module.summarizer.function_name
  function_arn         = module.summarizer.function_arn
  enable_complete_path = var.enable_complete_path
  enable_fast_path     = var.enable_fast_path
  event_bus_name       = var.event_bus_name
  log_group_name       = var.log_group_name
  filter_pattern       = "{ $.eventSource = \"secretsmanager.amazonaws.com\" }"
  queue_name           = local.queue_name

  dead_letter_queue_name = module.summarizer.dead_letter_queue_name
  operations_topic_arn   = var.operations_topic_arn
  tags                   = var.tags

  event_names = keys(jsondecode(file("${path.module}/../../lambda_src/secretwatch/record/event_names.json")))
}
