# The audit table: every access once, claims, kept notifications. README.md describes the items.

data "aws_partition" "current" {}
data "aws_caller_identity" "current" {}

# The region: of aws_region, id is deprecated in provider 6 and region is missing in 5.
data "aws_service" "current" {
  service_id = "logs"
}

resource "aws_dynamodb_table" "audit" {
  name                        = "${var.name_prefix}-audit"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  dynamic "attribute" {
    for_each = toset(["pk", "sk", "day"])

    content {
      name = attribute.value
      type = "S"
    }
  }

  # The accesses of all actors in order of time. A day is sixteen partitions of it (2026-01-31#a): with one, a thousand
  # writes a second would hold back the whole table. AWS: "Best practices for designing and using partition keys".
  global_secondary_index {
    name            = "by_day"
    hash_key        = "day"
    range_key       = "sk"
    projection_type = "ALL"
  }

  ttl {
    attribute_name = "expires_at"
    enabled        = true
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}
