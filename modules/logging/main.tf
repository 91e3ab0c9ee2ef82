# CloudTrail: management events of all regions, to S3 and to a log group.

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

  trail_name     = "${var.name_prefix}-secrets-manager-trail"
  trail_arn      = "arn:${local.partition}:cloudtrail:${local.region}:${local.account_id}:trail/${local.trail_name}"
  log_group_name = "/${var.name_prefix}/cloudtrail"
  log_group_arn  = "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${aws_cloudwatch_log_group.trail.name}"
}

resource "aws_cloudtrail" "trail" {
  name                          = local.trail_name
  s3_bucket_name                = module.bucket.name
  kms_key_id                    = var.kms_key_arn
  is_multi_region_trail         = true
  include_global_service_events = true
  enable_log_file_validation    = true
  cloud_watch_logs_group_arn    = "${aws_cloudwatch_log_group.trail.arn}:*"
  cloud_watch_logs_role_arn     = aws_iam_role.delivery.arn
  sns_topic_name                = one(aws_sns_topic.trail[*].name)
  tags                          = var.tags

  # Reads of secrets are management events. KMS writes thousands of reads (Decrypt) for each of them, which
  # do not say who read a secret: they are left out. What changes a key is a write, and comes in: without
  # its key the whole watch is blind. AWS: "Logging management events". Of basic selectors AWS does not say
  # that two may leave out different sources; of advanced ones, an event that matches any is recorded.
  advanced_event_selector {
    name = "Reads but those of KMS"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }

    field_selector {
      field  = "readOnly"
      equals = ["true"]
    }

    field_selector {
      field      = "eventSource"
      not_equals = ["kms.amazonaws.com"]
    }
  }

  advanced_event_selector {
    name = "Writes"

    field_selector {
      field  = "eventCategory"
      equals = ["Management"]
    }

    field_selector {
      field  = "readOnly"
      equals = ["false"]
    }
  }

  depends_on = [module.bucket, aws_iam_role_policy.delivery, aws_sns_topic_policy.trail]
}

resource "aws_cloudwatch_log_group" "trail" {
  name              = local.log_group_name
  retention_in_days = var.log_retention_in_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

# --- the role by which CloudTrail writes to the log group ------------------------------

# No condition: this role supports neither aws:SourceArn nor aws:SourceAccount, and with one CloudTrail
# could not assume it. AWS: "Role policy document for CloudTrail to use CloudWatch Logs for monitoring".
data "aws_iam_policy_document" "delivery_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "delivery" {
  name                 = "${var.name_prefix}-cloudtrail-delivery"
  description          = "Lets CloudTrail write records to ${local.log_group_name}"
  assume_role_policy   = data.aws_iam_policy_document.delivery_assume.json
  permissions_boundary = var.permissions_boundary_arn
  path                 = var.iam_path
  tags                 = var.tags
}

data "aws_iam_policy_document" "delivery" {
  statement {
    sid       = "WriteRecords"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${local.log_group_arn}:log-stream:${local.account_id}_CloudTrail_*"]
  }
}

resource "aws_iam_role_policy" "delivery" {
  name   = "delivery"
  role   = aws_iam_role.delivery.name
  policy = data.aws_iam_policy_document.delivery.json
}
