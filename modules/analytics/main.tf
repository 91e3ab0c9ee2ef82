# Athena and Glue: SQL over CloudTrail's log files where they lie.

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

# The region: of aws_region, id is deprecated in provider 6 and region is missing in 5.
data "aws_service" "current" {
  service_id = "logs"
}

locals {
  account_id = data.aws_caller_identity.current.account_id
  database   = replace(var.name_prefix, "-", "_")
  accounts   = length(var.account_ids) > 0 ? var.account_ids : [local.account_id]

  # Athena looks into each of them; a region without log files costs nothing. Those that an account has
  # to opt in to are among them: a trail of all regions follows it there.
  usual_regions = {
    aws = [
      "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "sa-east-1",
      "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3",
      "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2",
      "af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
      "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
      "me-central-1", "me-south-1", "mx-central-1",
    ]
    aws-us-gov = ["us-gov-east-1", "us-gov-west-1"]
    aws-cn     = ["cn-north-1", "cn-northwest-1"]
  }
  regions = distinct(concat(
    length(var.regions) > 0 ? var.regions : lookup(local.usual_regions, data.aws_partition.current.partition, []),
    [data.aws_service.current.region],
  ))
}

resource "aws_glue_catalog_database" "history" {
  name        = local.database
  description = "Who read our secrets: CloudTrail's log files and the summaries"
  tags        = var.tags
}

# --- the workgroup -----------------------------------------------------------------------

module "results" {
  source = "../private_bucket"

  name          = "${var.name_prefix}-athena-${local.account_id}-${data.aws_service.current.region}"
  kms_key_arn   = var.kms_key_arn
  force_destroy = var.force_destroy
  tags          = var.tags
}

resource "aws_s3_bucket_lifecycle_configuration" "results" {
  bucket = module.results.name

  rule {
    id     = "results"
    status = "Enabled"

    filter {
      prefix = "results/"
    }

    expiration {
      days = var.result_expiration_days
    }

    noncurrent_version_expiration {
      noncurrent_days = 1
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 1
    }
  }
}

resource "aws_athena_workgroup" "history" {
  name          = var.name_prefix
  description   = "Questions about who read our secrets"
  force_destroy = var.force_destroy
  tags          = var.tags

  configuration {
    enforce_workgroup_configuration    = true
    publish_cloudwatch_metrics_enabled = true
    bytes_scanned_cutoff_per_query     = var.bytes_scanned_limit

    result_configuration {
      output_location = "s3://${module.results.name}/results/"

      encryption_configuration {
        encryption_option = "SSE_KMS"
        kms_key_arn       = var.kms_key_arn
      }
    }
  }
}

# --- saved queries -----------------------------------------------------------------------

resource "aws_athena_named_query" "saved" {
  for_each = fileset("${path.module}/queries", "*.sql")

  name = trimsuffix(each.value, ".sql")
  # The first comment of a file says what the query answers and which parameters it takes.
  description = substr(trimprefix(split("\n", file("${path.module}/queries/${each.value}"))[0], "-- "), 0, 1024)
  workgroup   = aws_athena_workgroup.history.name
  database    = aws_glue_catalog_database.history.name
  query       = file("${path.module}/queries/${each.value}")
}
