# CloudTrail lays its files as AWSLogs/[o-…/]ACCOUNT/CloudTrail/REGION/YYYY/MM/DD, which are
# no Hive partitions: Athena works them out (partition projection), so that a question about
# one day lists and reads that day's files only.

locals {
  trail_root = join("/", compact(["s3://${var.trail_bucket_name}/AWSLogs", var.organization_id]))

  identity = "struct<type:string,principalid:string,arn:string,accountid:string,invokedby:string,accesskeyid:string,username:string,onbehalfof:struct<userid:string,identitystorearn:string>,sessioncontext:struct<sourceidentity:string,attributes:struct<mfaauthenticated:string,creationdate:string>,sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>>>"

  log_columns = {
    eventversion                 = "string"
    useridentity                 = local.identity
    eventtime                    = "string"
    eventsource                  = "string"
    eventname                    = "string"
    awsregion                    = "string"
    sourceipaddress              = "string"
    useragent                    = "string"
    errorcode                    = "string"
    errormessage                 = "string"
    requestparameters            = "string"
    responseelements             = "string"
    additionaleventdata          = "string"
    requestid                    = "string"
    eventid                      = "string"
    readonly                     = "string"
    resources                    = "array<struct<arn:string,accountid:string,type:string>>"
    eventtype                    = "string"
    recipientaccountid           = "string"
    serviceeventdetails          = "string"
    sharedeventid                = "string"
    vpcendpointid                = "string"
    sessioncredentialfromconsole = "string"
  }

  # Rendered by tools/report/sql.py too, for the report over log files.
  view_sql = templatefile("${path.module}/views/secret_calls.sql", {
    activities = join(" ", [
      for name, activity in jsondecode(file("${path.module}/../../lambda_src/secretwatch/record/event_names.json")) :
      "WHEN '${name}' THEN '${activity}'"
    ])
    people_roles = local.expressions.people_roles
    automation   = local.expressions.automation
  })

  # Patterns as one regular expression; of no pattern it is empty and matches no principal.
  expressions = {
    for name, patterns in { people_roles = var.people_roles, automation = var.automation } :
    name => join("|", [for pattern in patterns : replace(replace(replace(replace(pattern, ".", "\\."), "+", "\\+"), "*", ".*"), "?", ".")])
  }

  # In the order of the view's SELECT: Athena calls a view stale whose columns are not its query's.
  view_columns = [
    ["event_id", "varchar"], ["event_time", "timestamp(3)"], ["event_time_text", "varchar"], ["event_name", "varchar"],
    ["activity", "varchar"], ["region", "varchar"], ["account", "varchar"], ["day", "varchar"],
    ["source_address", "varchar"], ["principal_type", "varchar"], ["principal_arn", "varchar"],
    ["principal_id", "varchar"], ["session_name", "varchar"], ["requested_secret_id", "varchar"],
    ["secret_name", "varchar"], ["error_code", "varchar"], ["was_allowed", "boolean"], ["is_read", "boolean"],
    ["is_person", "boolean"], ["actor", "varchar"], ["access_key_id", "varchar"],
  ]
  hive_types = { "varchar" = "string", "timestamp(3)" = "timestamp", "boolean" = "boolean" }
}

resource "aws_glue_catalog_table" "cloudtrail_logs" {
  name          = "cloudtrail_logs"
  description   = "CloudTrail's log files; filter on account, region and day"
  database_name = aws_glue_catalog_database.history.name
  table_type    = "EXTERNAL_TABLE"

  parameters = {
    EXTERNAL                       = "TRUE"
    classification                 = "cloudtrail"
    "projection.enabled"           = "true"
    "projection.account.type"      = "enum"
    "projection.account.values"    = join(",", local.accounts)
    "projection.region.type"       = "enum"
    "projection.region.values"     = join(",", local.regions)
    "projection.day.type"          = "date"
    "projection.day.format"        = "yyyy/MM/dd"
    "projection.day.range"         = "${var.first_day},NOW"
    "projection.day.interval"      = "1"
    "projection.day.interval.unit" = "DAYS"
    "storage.location.template"    = "${local.trail_root}/$${account}/CloudTrail/$${region}/$${day}"
  }

  dynamic "partition_keys" {
    for_each = ["account", "region", "day"]

    content {
      name = partition_keys.value
      type = "string"
    }
  }

  storage_descriptor {
    location      = "${local.trail_root}/"
    input_format  = "com.amazon.emr.cloudtrail.CloudTrailInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

    ser_de_info {
      serialization_library = "org.apache.hive.hcatalog.data.JsonSerDe"
    }

    dynamic "columns" {
      for_each = local.log_columns

      content {
        name = columns.key
        type = columns.value
      }
    }
  }
}

# The summaries, a line of text each row.
resource "aws_glue_catalog_table" "summaries" {
  name          = "summaries"
  description   = "What was notified, line by line; filter on day"
  database_name = aws_glue_catalog_database.history.name
  table_type    = "EXTERNAL_TABLE"

  parameters = {
    EXTERNAL                       = "TRUE"
    "projection.enabled"           = "true"
    "projection.day.type"          = "date"
    "projection.day.format"        = "yyyy/MM/dd"
    "projection.day.range"         = "${var.first_day},NOW"
    "projection.day.interval"      = "1"
    "projection.day.interval.unit" = "DAYS"
    "storage.location.template"    = "s3://${var.summaries_bucket_name}/summaries/$${day}"
  }

  partition_keys {
    name = "day"
    type = "string"
  }

  storage_descriptor {
    location      = "s3://${var.summaries_bucket_name}/summaries/"
    input_format  = "org.apache.hadoop.mapred.TextInputFormat"
    output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"

    # A delimiter that no line holds: each line is one column.
    ser_de_info {
      serialization_library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
      parameters            = { "field.delim" = "\u0001" }
    }

    columns {
      name = "line"
      type = "string"
    }
  }
}

# Athena keeps a view's SQL in the catalog, encoded like this.
resource "aws_glue_catalog_table" "secret_calls" {
  name          = "secret_calls"
  description   = "Every recorded call to Secrets Manager, one row each"
  database_name = aws_glue_catalog_database.history.name
  table_type    = "VIRTUAL_VIEW"
  parameters    = { presto_view = "true", comment = "Presto View" }

  view_expanded_text = "/* Presto View */"
  view_original_text = "/* Presto View: ${base64encode(jsonencode({
    originalSql = local.view_sql
    catalog     = "awsdatacatalog"
    schema      = aws_glue_catalog_database.history.name
    columns     = [for column in local.view_columns : { name = column[0], type = column[1] }]
  }))} */"

  storage_descriptor {
    # A view has no files to read, and Athena refuses one without: "Table storage descriptor is missing SerDe info".
    # An empty block would not be sent.
    ser_de_info {
      name                  = "-"
      serialization_library = "-"
    }

    dynamic "columns" {
      for_each = local.view_columns

      content {
        name = columns.value[0]
        type = local.hive_types[columns.value[1]]
      }
    }
  }
}
