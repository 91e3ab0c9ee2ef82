# QuickSight, off by default: a source, a dataset in memory (SPICE) that is renewed every
# night, and a dashboard on it. The dataset is the saved query "dashboard".

# In two applies: creating the source makes QuickSight ask Athena as the role that it has by then, and
# the role made here can be chosen in QuickSight only once it is there. AWS: "CreateDataSource".

locals {
  quicksight = var.enable_quicksight && var.enable_quicksight_dashboard ? 1 : 0
  dataset    = "${var.name_prefix}-reads"

  # QuickSight's SQL names no database by itself.
  dataset_sql = replace(file("${path.module}/queries/dashboard.sql"), "FROM secret_calls", "FROM ${local.database}.secret_calls")
  dataset_columns = [
    ["event_time_text", "STRING"], ["event_time", "DATETIME"], ["event_name", "STRING"], ["region", "STRING"],
    ["source_address", "STRING"], ["principal_type", "STRING"], ["principal_arn", "STRING"],
    ["principal_id", "STRING"], ["requested_secret_id", "STRING"], ["error_code", "STRING"],
  ]

  source_actions = [
    "quicksight:DescribeDataSource", "quicksight:DescribeDataSourcePermissions", "quicksight:PassDataSource",
  ]
  dataset_actions = [
    "quicksight:DescribeDataSet", "quicksight:DescribeDataSetPermissions", "quicksight:PassDataSet",
    "quicksight:DescribeIngestion", "quicksight:ListIngestions",
  ]
  dashboard_actions = [
    "quicksight:DescribeDashboard", "quicksight:ListDashboardVersions", "quicksight:QueryDashboard",
  ]
}

resource "aws_quicksight_data_source" "history" {
  count = local.quicksight

  data_source_id = "${var.name_prefix}-athena"
  name           = "${var.name_prefix}: CloudTrail by Athena"
  type           = "ATHENA"
  tags           = var.tags

  parameters {
    athena {
      work_group = aws_athena_workgroup.history.name
    }
  }

  dynamic "permission" {
    for_each = var.quicksight_principal_arns

    content {
      principal = permission.value
      actions   = local.source_actions
    }
  }

  depends_on = [aws_iam_role_policy.quicksight]
}

resource "aws_quicksight_data_set" "reads" {
  count = local.quicksight

  data_set_id = local.dataset
  name        = "${var.name_prefix}: reads of secrets, last 90 days"
  import_mode = "SPICE"
  tags        = var.tags

  physical_table_map {
    physical_table_map_id = "reads"

    custom_sql {
      name            = "reads"
      data_source_arn = aws_quicksight_data_source.history[0].arn
      sql_query       = local.dataset_sql

      dynamic "columns" {
        for_each = local.dataset_columns

        content {
          name = columns.value[0]
          type = columns.value[1]
        }
      }
    }
  }

  dynamic "permissions" {
    for_each = var.quicksight_principal_arns

    content {
      principal = permissions.value
      actions   = local.dataset_actions
    }
  }
}

resource "aws_quicksight_refresh_schedule" "nightly" {
  count = local.quicksight

  data_set_id = aws_quicksight_data_set.reads[0].data_set_id
  schedule_id = "nightly"

  schedule {
    refresh_type = "FULL_REFRESH"

    schedule_frequency {
      interval        = "DAILY"
      time_of_the_day = "03:00"
      timezone        = "UTC"
    }
  }
}

# --- what QuickSight may do --------------------------------------------------------------

data "aws_iam_policy_document" "quicksight_assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["quicksight.amazonaws.com"]
    }

    # IfExists: AWS does not say that QuickSight sends it.
    condition {
      test     = "StringEqualsIfExists"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    }
  }
}

# Choose it in QuickSight: Manage QuickSight, Security & permissions, use an existing role.
resource "aws_iam_role" "quicksight" {
  count = var.enable_quicksight ? 1 : 0

  name                 = "${var.name_prefix}-quicksight"
  description          = "Lets QuickSight ask Athena about reads of secrets"
  assume_role_policy   = data.aws_iam_policy_document.quicksight_assume.json
  permissions_boundary = var.permissions_boundary_arn
  path                 = var.iam_path
  tags                 = var.tags
}

locals {
  arn_start = "arn:${data.aws_partition.current.partition}"
  place     = "${data.aws_service.current.region}:${local.account_id}"
}

data "aws_iam_policy_document" "quicksight" {
  # By the prefix that names the workgroup: its own attribute is not known at plan.
  statement {
    sid = "AskAthena"
    actions = [
      "athena:StartQueryExecution", "athena:StopQueryExecution", "athena:GetQueryExecution",
      "athena:GetQueryResults", "athena:GetQueryResultsStream", "athena:GetWorkGroup",
    ]
    resources = ["${local.arn_start}:athena:${local.place}:workgroup/${var.name_prefix}"]
  }

  statement {
    sid     = "ReadCatalog"
    actions = ["glue:GetDatabase", "glue:GetTable", "glue:GetTables", "glue:GetPartitions"]
    resources = [
      "${local.arn_start}:glue:${local.place}:catalog",
      "${local.arn_start}:glue:${local.place}:database/${local.database}",
      "${local.arn_start}:glue:${local.place}:table/${local.database}/*",
    ]
  }

  statement {
    sid     = "ReadLogFiles"
    actions = ["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"]
    resources = [
      "${local.arn_start}:s3:::${var.trail_bucket_name}",
      "${local.arn_start}:s3:::${var.trail_bucket_name}/AWSLogs/*",
    ]
  }

  statement {
    sid = "KeepResults"
    actions = [
      "s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:ListBucket",
      "s3:ListBucketMultipartUploads", "s3:GetBucketLocation",
    ]
    resources = [module.results.arn, "${module.results.arn}/results/*"]
  }
}

resource "aws_iam_role_policy" "quicksight" {
  count = var.enable_quicksight ? 1 : 0

  name   = "history"
  role   = aws_iam_role.quicksight[0].name
  policy = data.aws_iam_policy_document.quicksight.json
}

data "aws_iam_policy_document" "quicksight_key" {
  statement {
    sid       = "UseKey"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = concat([var.kms_key_arn], var.trail_bucket_kms_key_arn[*])
  }
}

resource "aws_iam_role_policy" "quicksight_key" {
  count = var.enable_quicksight ? 1 : 0

  name   = "key"
  role   = aws_iam_role.quicksight[0].name
  policy = data.aws_iam_policy_document.quicksight_key.json
}
