# The bucket of the log files.

locals {
  bucket_name = "${var.name_prefix}-cloudtrail-${local.account_id}-${local.region}"
  bucket_arn  = "arn:${local.partition}:s3:::${local.bucket_name}"
}

module "bucket" {
  source = "../private_bucket"

  name        = local.bucket_name
  policy_json = data.aws_iam_policy_document.bucket.json
  kms_key_arn = var.kms_key_arn
  # With a bucket key, CloudTrail would need kms:Decrypt as well, under another encryption context.
  # AWS: "Configure AWS KMS key policies for CloudTrail".
  enable_bucket_key = false

  force_destroy = var.force_destroy
  tags          = var.tags
}

data "aws_iam_policy_document" "bucket" {
  statement {
    sid       = "CloudTrailChecksAcl"
    actions   = ["s3:GetBucketAcl"]
    resources = [local.bucket_arn]

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

  statement {
    sid       = "CloudTrailWritesLogFiles"
    actions   = ["s3:PutObject"]
    resources = ["${local.bucket_arn}/AWSLogs/${local.account_id}/*"]

    principals {
      type        = "Service"
      identifiers = ["cloudtrail.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "s3:x-amz-acl"
      values   = ["bucket-owner-full-control"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceArn"
      values   = [local.trail_arn]
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "logs" {
  count = var.log_archive_after_days == null && var.log_expiration_days == null ? 0 : 1

  bucket = module.bucket.name
  # The default, said aloud: what is smaller stays, since Glacier bills 128 KB for each object.
  # AWS: "Transitioning objects using Amazon S3 Lifecycle".
  transition_default_minimum_object_size = "all_storage_classes_128K"

  rule {
    id     = "log-files"
    status = "Enabled"

    filter {
      prefix = "AWSLogs/"
    }

    dynamic "transition" {
      for_each = var.log_archive_after_days[*]

      content {
        days          = transition.value
        storage_class = "GLACIER_IR"
      }
    }

    dynamic "expiration" {
      for_each = var.log_expiration_days[*]

      content {
        days = expiration.value
      }
    }

    noncurrent_version_expiration {
      noncurrent_days = 30
    }

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
  }
}
