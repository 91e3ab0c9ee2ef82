# What is counted in the trail's log group, and when a count is an alarm: data first, the
# resources in alarms.tf. A pattern has at most 1,024 characters, two regexes and three
# wildcard selectors; != does not match where a field is missing.

locals {
  call      = "($.eventSource = \"secretsmanager.amazonaws.com\") && ($.eventType = \"AwsApiCall\")"
  reads     = "(($.eventName = \"GetSecretValue\") || ($.eventName = \"BatchGetSecretValue\"))"
  any_read  = "${local.call} && ${local.reads} && ($.errorCode NOT EXISTS)"
  succeeded = "($.errorCode NOT EXISTS)"

  # A role without a session issuer must count.
  not_ourselves = join("", [
    for name in var.own_role_names :
    " && (($.userIdentity.sessionContext.sessionIssuer.arn NOT EXISTS) || ($.userIdentity.sessionContext.sessionIssuer.arn != \"arn:${local.partition}:iam::${local.account_id}:role/${name}\"))"
  ])

  # "T07:|T18:": the hours outside working hours, as they stand in eventTime.
  off_hours = var.working_hours == null ? [] : [
    for hour in range(24) : format("T%02d:", hour) if hour < var.working_hours.from || hour >= var.working_hours.to
  ]

  all_detections = {
    SecretAccessed = {
      pattern     = "{ ${local.any_read} }"
      description = "Far more reads of secrets than usual at this hour."
      severity    = "medium"
      technique   = "T1555.006"
      band_width  = 3
      threshold   = null
      period      = 300
    }
    SecretAccessedByRole = {
      pattern     = "{ ${local.any_read} && ($.userIdentity.type = \"AssumedRole\")${local.not_ourselves} }"
      description = "An assumed role read a secret."
      severity    = "low"
      technique   = "T1555.006"
      band_width  = null
      threshold   = 1
      period      = 60
    }
    DeniedReads = {
      pattern     = "{ ${local.call} && ${local.reads} && ($.errorCode = \"AccessDenied*\") }"
      description = "Reads of secrets were refused, several within minutes: someone looks around, or a deployment lacks a permission."
      severity    = "medium"
      technique   = "T1555.006"
      band_width  = null
      threshold   = 5
      period      = 300
    }
    RootRead = {
      pattern     = "{ ${local.any_read} && ($.userIdentity.type = \"Root\") }"
      description = "The root user read a secret."
      severity    = "high"
      technique   = "T1078.004"
      band_width  = null
      threshold   = 1
      period      = 60
    }
    BatchRead = {
      pattern     = "{ ${local.call} && ($.eventName = \"BatchGetSecretValue\") && ${local.succeeded} }"
      description = "Secrets were read in a batch, which hands out up to twenty at once."
      severity    = "low"
      technique   = "T1555.006"
      band_width  = null
      threshold   = 1
      period      = 60
    }
    SecretTampering = {
      pattern     = "{ ${local.call} && ${local.succeeded} && (($.eventName = \"PutResourcePolicy\") || ($.eventName = \"DeleteResourcePolicy\") || ($.eventName = \"DeleteSecret\") || ($.eventName = \"RestoreSecret\") || ($.eventName = \"CancelRotateSecret\") || ($.eventName = \"ReplicateSecretToRegions\") || ($.eventName = \"UpdateSecret\" && $.requestParameters.kmsKeyId = \"*\")) }"
      description = "A secret's policy, deletion, rotation, replication or key was changed."
      severity    = "medium"
      technique   = "T1098"
      band_width  = null
      threshold   = 1
      period      = 60
    }
    ReadOffHours = {
      pattern     = "{ ${local.any_read} && ($.userIdentity.type = \"IAMUser\" || $.userIdentity.type = \"IdentityCenterUser\" || $.userIdentity.type = \"SAMLUser\" || $.sessionCredentialFromConsole = \"true\") && ($.eventTime = %${join("|", local.off_hours)}%) }"
      description = "A person read a secret outside working hours (UTC)."
      severity    = "low"
      technique   = "T1078.004"
      band_width  = null
      threshold   = 1
      period      = 300
    }
    TrailTampering = {
      pattern     = "{ ${local.succeeded} && (($.eventSource = \"cloudtrail.amazonaws.com\" && ($.eventName = \"StopLogging\" || $.eventName = \"DeleteTrail\" || $.eventName = \"UpdateTrail\" || $.eventName = \"PutEventSelectors\")) || ($.eventSource = \"logs.amazonaws.com\" && $.requestParameters.logGroupName = \"${var.log_group_name}\" && ($.eventName = \"DeleteLogGroup\" || $.eventName = \"DeleteLogStream\" || $.eventName = \"*SubscriptionFilter\" || $.eventName = \"*MetricFilter\" || $.eventName = \"PutRetentionPolicy\"))) }"
      description = "The trail or its log group was changed: from here on reads may go unseen."
      severity    = "critical"
      technique   = "T1562.008"
      band_width  = null
      threshold   = 1
      period      = 60
    }
  }

  # Known at plan: what may be named in alarm_overrides and disabled_alarms.
  detection_names = keys(local.all_detections)

  detections = {
    for name, d in local.all_detections : name => merge(d, {
      for key, value in try(var.alarm_overrides[name], {}) : key => value if value != null
    }) if !contains(var.disabled_alarms, name) && (name == "ReadOffHours" ? length(local.off_hours) > 0 : true)
  }

  static_detections  = { for name, d in local.detections : name => d if d.threshold != null }
  anomaly_detections = { for name, d in local.detections : name => d if d.band_width != null }
}
