# What is counted in the trail's log group: one pattern for each detection of the catalogue
# (detect/catalogue.json), which says when a count is an alarm, and how severe. The resources are in
# alarms.tf. A pattern has at most 1,024 characters, two regexes and three wildcard selectors; !=
# does not match where a field is missing.

locals {
  # What a call does → CloudTrail's names of such calls.
  names = { for name, does in jsondecode(file("${path.module}/../../lambda_src/secretwatch/record/event_names.json")) : does => name... }
  # A rotation writes values and moves stages every time, and secrets are made every day: of these calls only
  # those count that have a certain parameter.
  tampering_by = {
    UpdateSecret = "kmsKeyId"
    RotateSecret = "rotationLambdaARN"
    CreateSecret = "crossAccountPrimaryARN"
  }
  tampering = setsubtract(local.names.tampering, concat(keys(local.tampering_by), ["PutSecretValue", "UpdateSecretVersionStage"]))

  call      = "($.eventSource = \"secretsmanager.amazonaws.com\") && ($.eventType = \"AwsApiCall\")"
  reads     = "(${join(" || ", [for name in local.names.read : "($.eventName = \"${name}\")"])})"
  any_read  = "${local.call} && ${local.reads} && ($.errorCode NOT EXISTS)"
  succeeded = "($.errorCode NOT EXISTS)"

  # A role without a session issuer must count.
  not_ourselves = join("", [
    for name in var.own_role_names :
    " && (($.userIdentity.sessionContext.sessionIssuer.arn NOT EXISTS) || ($.userIdentity.sessionContext.sessionIssuer.arn != \"arn:${local.partition}:iam::${local.account_id}:role/${name}\"))"
  ])

  # is_person of record/principal.py, as far as a filter can say it: it knows neither people_roles nor automation.
  by_a_person = join(" || ", [
    "$.userIdentity.type = \"IAMUser\"",
    "$.userIdentity.type = \"IdentityCenterUser\"",
    "$.userIdentity.type = \"SAMLUser\"",
    "$.userIdentity.type = \"Root\"",
    "$.sessionCredentialFromConsole = \"true\"",
    "($.userIdentity.sessionContext.sourceIdentity = \"*\" && $.userIdentity.sessionContext.sourceIdentity != \"\")",
    "($.userIdentity.onBehalfOf.userId = \"*\" && $.userIdentity.onBehalfOf.userId != \"\")",
    "$.userIdentity.arn = %:assumed-role/AWSReservedSSO_|:assumed-role/.+/.+@.+\\..+$|:federated-user/.+@.+\\..+$%",
  ])

  # "T07:|T18:": the hours outside working hours, as they stand in eventTime.
  off_hours = var.working_hours == null ? [] : [
    for hour in range(24) : format("T%02d:", hour) if hour < var.working_hours.from || hour >= var.working_hours.to
  ]

  patterns = {
    SecretAccessed       = "{ ${local.any_read} }"
    SecretAccessedByRole = "{ ${local.any_read} && ($.userIdentity.type = \"AssumedRole\")${local.not_ourselves} }"
    DeniedReads          = "{ ${local.call} && ${local.reads} && ($.errorCode = \"AccessDenied*\") }"
    RootRead             = "{ ${local.any_read} && ($.userIdentity.type = \"Root\") }"
    BatchRead            = "{ ${local.call} && ($.eventName = \"BatchGetSecretValue\") && ${local.succeeded} }"
    SecretTampering      = "{ ${local.call} && ${local.succeeded} && (${join(" || ", concat([for name in local.tampering : "($.eventName = \"${name}\")"], [for name, field in local.tampering_by : "($.eventName = \"${name}\" && $.requestParameters.${field} = \"*\")"]))}) }"
    ReadOffHours         = "{ ${local.any_read} && (${local.by_a_person}) && ($.eventTime = %${join("|", local.off_hours)}%) }"
    TrailTampering       = local.tampering_patterns["log-group"] # the others: tampering.tf
  }

  detections = {
    for name, pattern in local.patterns : name => merge(
      { threshold = null, band_width = null },
      local.defaults[name],
      { for key, value in try(var.alarm_overrides[name], {}) : key => value if value != null },
      { pattern = pattern },
    ) if !contains(var.disabled_alarms, name) && (name == "ReadOffHours" ? length(local.off_hours) > 0 : true)
  }

  # Metric → all patterns that count into it, for the notifier: it looks up the records behind an alarm by them.
  counted = {
    for name, d in local.detections : name =>
    name == "TrailTampering" ? values(local.tampering_patterns) : [d.pattern]
  }

  # Metric → seconds that its alarm looks at: a composite alarm, which has no period, does not say it.
  alarm_seconds = { for name, d in local.detections : name => d.period * (d.band_width == null ? 1 : 2) }

  static_detections  = { for name, d in local.detections : name => d if d.threshold != null }
  anomaly_detections = { for name, d in local.detections : name => d if d.band_width != null }
}
