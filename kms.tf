# One key for everything stored here, unless the user brings one.

module "key_policy" {
  source = "./modules/kms_key_policy"
}

resource "aws_kms_key" "main" {
  count = var.create_kms_key ? 1 : 0

  description         = "${var.name_prefix}: log files, log groups, topics, queues, audit table, summaries"
  enable_key_rotation = true
  policy              = module.key_policy.json
  tags                = var.tags
}

resource "aws_kms_alias" "main" {
  count = var.create_kms_key ? 1 : 0

  name          = "alias/${var.name_prefix}"
  target_key_id = aws_kms_key.main[0].key_id
}
