# An empty table that is made last and therefore removed first. While force_destroy is false AWS refuses
# to delete it, so that a removal stops before it has removed anything: by terraform destroy as by
# deleting the module's block, where a provisioner would not run. docs/runbook.md, "Remove it".
resource "aws_dynamodb_table" "guard" {
  name                        = "${var.name_prefix}-apply-force-destroy-first"
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  deletion_protection_enabled = !var.force_destroy
  tags                        = var.tags

  attribute {
    name = "pk"
    type = "S"
  }

  point_in_time_recovery {
    enabled = true
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = local.kms_key_arn
  }

  depends_on = [
    module.logging,
    module.audit,
    module.alerting,
    module.summarization,
    module.rotation,
    module.analytics,
    aws_kms_alias.main,
  ]
}
