locals {
  # A window over single accesses reaches as far as they are remembered, one over habits thirty days: detect/tuning.py.
  # So do the thresholds: of single accesses sixty are remembered for each ten minutes.
  most         = { for name, minutes in local.most_minutes : name => minutes > 60 ? 1000 : 60 }
  most_minutes = { for name, s in local.catalogue.signals : name => try(s.window_minutes, 0) > 60 ? 43200 : 60 }
  catalogue    = jsondecode(file("${path.module}/../../lambda_src/secretwatch/detect/catalogue.json"))
  formats      = jsondecode(file("${path.module}/../../lambda_src/secretwatch/runtime/formats.json"))

  # What record/ranges.py takes, and no more.
  octet         = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
  named_network = "^(${local.octet}(\\.${local.octet}){3}/([89]|[12][0-9]|3[0-2])|[0-9A-Fa-f]*:[0-9A-Fa-f:]*/(1[6-9]|[2-5][0-9]|6[0-4]))$"
  network_name  = "^[^,\"\\pC\\pZ](([^,\"\\pC\\pZ]| ){0,58}[^,\"\\pC\\pZ])?$"

  # A system inference profile is its model's id after the group of regions that it routes to.
  profile_group = "^(?:[a-z]{2}|us-gov|apac|global)\\."
  # AWS: "Supported Regions and models for inference profiles" (Amazon Bedrock User Guide); only what is far away for sure.
  not_routed_from = {
    us   = "eu|ap|sa|me|af|il"
    eu   = "us|ca|mx|sa|ap"
    apac = "us|ca|mx|sa|eu"
    jp   = "us|ca|mx|sa|eu"
    au   = "us|ca|mx|sa|eu"
  }
  model_id  = "^[a-z0-9-]+\\.[A-Za-z0-9-][A-Za-z0-9.:-]*$"
  model_arn = "^arn:${local.partition}:bedrock:[a-z0-9-]+:[0-9]{12}:(?:provisioned-model|custom-model-deployment|imported-model)/[A-Za-z0-9-]+$"
}

variable "name_prefix" {
  description = "Prefix of all resource names; two deployments in one account need two prefixes."
  type        = string
  default     = "secretwatch"
  nullable    = false
}

variable "log_group_name" {
  description = "Log group that the trail delivers to."
  type        = string
  nullable    = false
}

variable "enable_complete_path" {
  description = "Whether records come from the trail's log group: all regions, some minutes after the call."
  type        = bool
  default     = true
  nullable    = false
}

variable "enable_fast_path" {
  description = "Whether records come from EventBridge as well: this region only, seconds after the call. The same record on both paths has one effect."
  type        = bool
  default     = true
  nullable    = false
}

variable "event_bus_name" {
  description = "EventBridge bus of the fast path: default, or one that other accounts or regions forward their events to. This account's own events come to its default bus: forward them too, as examples/organization does."
  type        = string
  default     = "default"
  nullable    = false
}

variable "audit_table_name" {
  description = "Name of the audit table."
  type        = string
  nullable    = false
}

variable "audit_retention_days" {
  description = "Days that the audit table keeps an access and the evidence of a rotation."
  type        = number
  default     = 365
  nullable    = false
}

variable "alerts_topic_arn" {
  description = "ARN of the SNS topic that notifications are published to."
  type        = string
  nullable    = false
}

variable "operations_topic_arn" {
  description = "ARN of the SNS topic for alarms about the deployment itself."
  type        = string
  nullable    = false
}

variable "bedrock_model_id" {
  description = "Bedrock model that writes the one-sentence summaries, or null for facts without prose: the id of a foundation model or of a system inference profile (global.…, us.…, eu.…), which newer models need, or the ARN of a provisioned, custom or imported model. A global profile may process names and addresses in any region. A service control policy that denies regions must let bedrock:InvokeModel through in every region that the profile routes to; for a global one, where aws:RequestedRegion is unspecified."
  type        = string
  default     = "global.anthropic.claude-haiku-4-5-20251001-v1:0"

  validation {
    condition     = var.bedrock_model_id == null ? true : can(regex(local.model_id, var.bedrock_model_id)) || can(regex(local.model_arn, var.bedrock_model_id))
    error_message = "bedrock_model_id: ${jsonencode(var.bedrock_model_id)} is neither the id of a foundation model (anthropic.claude-haiku-4-5-20251001-v1:0) or of a system inference profile (global.anthropic.claude-haiku-4-5-20251001-v1:0), nor the ARN of a provisioned, custom or imported model. Write ${try(regex("(?:foundation-model|inference-profile)/([a-z0-9-]+\\.[^/]+)$", var.bedrock_model_id)[0], can(regex(":application-inference-profile/", var.bedrock_model_id)) ? "the model it was made from here, and the profile in bedrock_inference_profile_arn" : "one of these, or null for facts without prose")}."
  }

  validation {
    condition     = try(split(":", regex(local.model_arn, var.bedrock_model_id))[3] == local.model_region, true)
    error_message = "bedrock_model_id: ${jsonencode(var.bedrock_model_id)} is not in ${local.model_region}, where the model is called. Write the ARN of a model there, or set bedrock_region."
  }

  validation {
    condition     = var.bedrock_model_id == null ? true : !anytrue([for group, regions in local.not_routed_from : startswith(var.bedrock_model_id, "${group}.") && can(regex("^(${regions})-", local.model_region))])
    error_message = "bedrock_model_id: ${jsonencode(var.bedrock_model_id)} is a system inference profile that cannot be called in ${local.model_region}. Write the profile of that part of the world, or global.…, or set bedrock_region."
  }

  validation {
    condition     = var.bedrock_region == null || var.bedrock_model_id != null
    error_message = "bedrock_region: ${jsonencode(var.bedrock_region)} has no effect with bedrock_model_id = null: no model is called. Leave it out, or give bedrock_model_id."
  }
}

variable "bedrock_inference_profile_arn" {
  description = "ARN of an application inference profile, made from bedrock_model_id, to call the model through (for costs by tag); null for none."
  type        = string
  default     = null

  validation {
    condition     = var.bedrock_inference_profile_arn == null ? true : can(regex("^arn:${local.partition}:bedrock:[a-z0-9-]+:[0-9]{12}:application-inference-profile/[a-z0-9]+$", var.bedrock_inference_profile_arn))
    error_message = "bedrock_inference_profile_arn: ${jsonencode(var.bedrock_inference_profile_arn)} is no ARN of an application inference profile. Write arn:${local.partition}:bedrock:REGION:ACCOUNT:application-inference-profile/ID; the id of a system profile (global.…, us.…) belongs in bedrock_model_id."
  }

  validation {
    condition     = var.bedrock_inference_profile_arn == null ? true : try(split(":", var.bedrock_inference_profile_arn)[3] == local.model_region, true)
    error_message = "bedrock_inference_profile_arn: ${jsonencode(var.bedrock_inference_profile_arn)} is not in ${local.model_region}, where the model is called. Write the ARN of a profile there, or set bedrock_region."
  }

  validation {
    condition     = var.bedrock_inference_profile_arn == null ? true : try(can(regex(local.model_id, var.bedrock_model_id)), false)
    error_message = "bedrock_inference_profile_arn needs bedrock_model_id to be the id of the model or system profile that it was made from, not ${jsonencode(var.bedrock_model_id)}: the IAM policy has to allow that too. Write it, or leave the profile out."
  }
}

variable "bedrock_region" {
  description = "Region where the model is called, or null for this one."
  type        = string
  default     = null

  validation {
    condition     = var.bedrock_region == null ? true : can(regex("^${local.formats.region}$", var.bedrock_region))
    error_message = "bedrock_region: ${jsonencode(var.bedrock_region)} is no AWS region. Write one such as us-east-1, or null for this one."
  }
}

variable "guardrail_id" {
  description = "Id or ARN of the Bedrock guardrail that the model is called with, or null for none."
  type        = string
  default     = null

  validation {
    condition     = var.guardrail_id == null ? true : can(regex("^([a-z0-9]+|arn:${local.partition}:bedrock:[a-z0-9-]+:[0-9]{12}:guardrail/[a-z0-9]+)$", var.guardrail_id))
    error_message = "guardrail_id: ${jsonencode(var.guardrail_id)} is neither id nor ARN of a guardrail. Write one such as abc123def456, or arn:${local.partition}:bedrock:REGION:ACCOUNT:guardrail/ID."
  }

  validation {
    condition     = var.guardrail_id == null ? true : try(split(":", var.guardrail_id)[3] == local.model_region, true)
    error_message = "guardrail_id: ${jsonencode(var.guardrail_id)} is not in ${local.model_region}, where the model is called. Write a guardrail there, or set bedrock_region."
  }

  validation {
    condition     = var.guardrail_id == null ? true : var.bedrock_model_id != null
    error_message = "guardrail_id: ${jsonencode(var.guardrail_id)} has no effect with bedrock_model_id = null: no model is called. Leave it out, or give bedrock_model_id."
  }
}

variable "guardrail_version" {
  description = "Version of the guardrail: a number, or DRAFT."
  type        = string
  default     = "DRAFT"
  nullable    = false

  validation {
    condition     = can(regex("^([1-9][0-9]{0,7}|DRAFT)$", var.guardrail_version))
    error_message = "guardrail_version: ${jsonencode(var.guardrail_version)} is no version of a guardrail. Write a number, or DRAFT."
  }

  validation {
    condition     = var.guardrail_version == "DRAFT" ? true : var.guardrail_id != null
    error_message = "guardrail_version: ${jsonencode(var.guardrail_version)} has no effect without guardrail_id. Give guardrail_id, or leave the version out."
  }
}

variable "summary_language" {
  description = "Language of the summaries, by its English name. The checks for alarming and reassuring words know English only."
  type        = string
  default     = "English"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Z][A-Za-z -]{1,30}$", var.summary_language))
    error_message = "summary_language: ${jsonencode(var.summary_language)} is no name of a language. Write its English name, such as German or Brazilian Portuguese."
  }

  validation {
    condition     = var.summary_language == "English" || var.bedrock_model_id != null
    error_message = "summary_language: ${jsonencode(var.summary_language)} has no effect with bedrock_model_id = null: no model is called. Leave it out, or give bedrock_model_id."
  }
}

variable "model_calls_per_hour" {
  description = "Maximum model calls per hour; beyond that notifications carry the facts alone."
  type        = number
  default     = 200
  nullable    = false

  validation {
    condition     = var.model_calls_per_hour >= 1 && var.model_calls_per_hour <= 1000000 && floor(var.model_calls_per_hour) == var.model_calls_per_hour
    error_message = "model_calls_per_hour: ${var.model_calls_per_hour} is not allowed. Write a whole number from 1 to 1000000; bedrock_model_id = null switches the model off."
  }

  validation {
    condition     = var.model_calls_per_hour == 200 || var.bedrock_model_id != null
    error_message = "model_calls_per_hour: ${jsonencode(var.model_calls_per_hour)} has no effect with bedrock_model_id = null: no model is called. Leave it out, or give bedrock_model_id."
  }
}

variable "model_minimum_severity" {
  description = "Severity from which on a notification gets the model's sentence: info, low, medium, high or critical. What is below high may use half of model_calls_per_hour, so that there is always some left for what is high."
  type        = string
  default     = "medium"
  nullable    = false

  validation {
    condition     = contains(local.catalogue.severities, var.model_minimum_severity)
    error_message = "model_minimum_severity: ${jsonencode(var.model_minimum_severity)} is unknown. Write ${join(", ", local.catalogue.severities)}."
  }

  validation {
    condition     = var.model_minimum_severity == "medium" || var.bedrock_model_id != null
    error_message = "model_minimum_severity: ${jsonencode(var.model_minimum_severity)} has no effect with bedrock_model_id = null: no model is called. Leave it out, or give bedrock_model_id."
  }
}

variable "trusted_cidrs" {
  description = "Networks that reads may come from, IPv4 or IPv6, such as [\"203.0.113.0/24\", \"2001:db8::/32\"]."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "trusted_vpc_endpoint_ids" {
  description = "VPC endpoints for Secrets Manager that reads may come through."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "network_names" {
  description = "Networks → their names, such as { \"203.0.113.0/24\" = \"office\" }, or from a CSV file with the first line network,name: { for line in csvdecode(file(\"networks.csv\")) : line.network => line.name }. A network with a name is one place in the habits of who reads; it is not trusted for that. These names count before the published ones."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = length(var.network_names) <= 5000
    error_message = "network_names has ${length(var.network_names)} networks, 5000 at most: name larger ones."
  }

  validation {
    condition     = alltrue([for x in keys(var.network_names) : can(regex(local.named_network, x))])
    error_message = "network_names: ${join(", ", [for x in keys(var.network_names) : jsonencode(x) if !can(regex(local.named_network, x))])} is no network that can have a name. Write CIDR notation, from /8 to /32 (IPv6: from /16 to /64), such as 203.0.113.0/24."
  }

  validation {
    condition     = alltrue([for x in keys(var.network_names) : !can(regex(local.named_network, x)) || try(cidrhost(x, 0) == cidrhost("${split("/", x)[0]}/${strcontains(x, ":") ? 128 : 32}", 0), false)])
    error_message = "network_names: ${join(", ", [for x in keys(var.network_names) : jsonencode(x) if can(regex(local.named_network, x)) && !try(cidrhost(x, 0) == cidrhost("${split("/", x)[0]}/${strcontains(x, ":") ? 128 : 32}", 0), false)])} is no network, or has bits set after its length. Write its first address, such as 203.0.113.0/24."
  }

  validation {
    condition     = alltrue([for x in values(var.network_names) : can(regex(local.network_name, x))])
    error_message = "network_names: ${join(", ", [for x in values(var.network_names) : jsonencode(x) if !can(regex(local.network_name, x))])} is no name. Write 1 to 60 characters without commas, quotes and line breaks, such as office."
  }
}

variable "refresh_published_ranges" {
  description = "Whether the networks that AWS (by region) and GitHub publish are fetched from the internet each day, by a function of its own; otherwise those of this version are used."
  type        = bool
  default     = true
  nullable    = false
}

variable "own_role_names" {
  description = "Names, with IAM path, of our own roles that read secrets (the rotator's): their reads are recorded and not notified."
  type        = list(string)
  default     = []
  nullable    = false
}

variable "signal_overrides" {
  description = "Signal → what differs from the catalogue: { many_secrets = { threshold = 25 }, batch = { enabled = false } }. severity is one of the catalogue's; threshold and window_minutes exist where docs/detections.md lists them. Terraform drops a misspelt attribute beside a right one without a word: the output rules shows what was understood."
  type = map(object({
    enabled        = optional(bool)
    severity       = optional(string)
    threshold      = optional(number)
    window_minutes = optional(number)
  }))
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for x in keys(var.signal_overrides) : contains(keys(local.catalogue.signals), x)])
    error_message = "signal_overrides: ${join(", ", [for x in keys(var.signal_overrides) : jsonencode(x) if !(contains(keys(local.catalogue.signals), x))])} is no signal. Write one of ${join(", ", keys(local.catalogue.signals))}."
  }

  validation {
    condition     = alltrue([for name, o in var.signal_overrides : try(anytrue([for value in o : value != null]), false)])
    error_message = "signal_overrides: ${join(", ", [for name, o in var.signal_overrides : jsonencode(name) if !(try(anytrue([for value in o : value != null]), false))])} sets nothing. Write one of enabled, severity, threshold and window_minutes, each spelt so."
  }

  validation {
    condition     = alltrue([for name, o in var.signal_overrides : try(o.severity, null) == null ? true : contains(local.catalogue.severities, o.severity)])
    error_message = "signal_overrides: severity of ${join(", ", [for name, o in var.signal_overrides : "${name} (${jsonencode(o.severity)})" if !(try(o.severity, null) == null ? true : contains(local.catalogue.severities, o.severity))])} is unknown. Write ${join(", ", local.catalogue.severities)}."
  }

  validation {
    condition     = alltrue([for name, o in var.signal_overrides : try(o.threshold, null) == null ? true : can(local.catalogue.signals[name].threshold) && o.threshold >= 1 && o.threshold <= local.most[name] && floor(o.threshold) == o.threshold])
    error_message = "signal_overrides: threshold of ${join(", ", [for name, o in var.signal_overrides : "${name} (${o.threshold})" if !(try(o.threshold, null) == null ? true : can(local.catalogue.signals[name].threshold) && o.threshold >= 1 && o.threshold <= local.most[name] && floor(o.threshold) == o.threshold)])} is not allowed. Write a whole number from 1 to the most of a signal that counts: ${join(", ", [for name, most in local.most : "${name} (${most})" if can(local.catalogue.signals[name].threshold)])}."
  }

  validation {
    condition     = alltrue([for name, o in var.signal_overrides : try(o.window_minutes, null) == null ? true : can(local.catalogue.signals[name].window_minutes) && o.window_minutes >= 1 && o.window_minutes <= local.most_minutes[name] && floor(o.window_minutes) == o.window_minutes])
    error_message = "signal_overrides: window_minutes of ${join(", ", [for name, o in var.signal_overrides : "${name} (${o.window_minutes})" if !(try(o.window_minutes, null) == null ? true : can(local.catalogue.signals[name].window_minutes) && o.window_minutes >= 1 && o.window_minutes <= local.most_minutes[name] && floor(o.window_minutes) == o.window_minutes)])} is not allowed. Write a whole number from 1 to the most of a signal that looks back: ${join(", ", [for name, most in local.most_minutes : "${name} (${most})" if can(local.catalogue.signals[name].window_minutes)])}."
  }

  validation {
    condition     = !anytrue([for name, o in var.signal_overrides : try(anytrue([for value in o : value != null]) && alltrue([for attribute, value in o : value == null ? true : try(local.catalogue.signals[name][attribute] == value, attribute == "enabled" && value)]), false)])
    error_message = "signal_overrides: ${join(", ", [for name, o in var.signal_overrides : "${name} = ${jsonencode({ for attribute, value in o : attribute => value if value != null })}" if try(anytrue([for value in o : value != null]) && alltrue([for attribute, value in o : value == null ? true : try(local.catalogue.signals[name][attribute] == value, attribute == "enabled" && value)]), false)])} has no effect: the catalogue says the same. Leave it out, or write what should differ."
  }
}

variable "history_days" {
  description = "Days after which a secret, place, region or tool that an actor did not use counts as new for it."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = var.history_days >= 1 && var.history_days <= 365 && floor(var.history_days) == var.history_days
    error_message = "history_days: ${var.history_days} is not allowed. Write a whole number of days from 1 to 365."
  }
}

variable "learning_days" {
  description = "Days from the first delivery on (or from what make seed learnt on) in which nothing is of a severity above low for being new alone: a first read from another account, region or by CloudShell. What is bad by itself stays as severe as it is. 0 judges from the first record on."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.learning_days >= 0 && var.learning_days <= 30 && floor(var.learning_days) == var.learning_days
    error_message = "learning_days: ${var.learning_days} is not allowed. Write a whole number of days from 0 to 30."
  }
}

variable "quiet_minutes" {
  description = "Minutes without anything notable after which an actor's story is over; until then only what is new in it is notified."
  type        = number
  default     = 60
  nullable    = false

  validation {
    condition     = var.quiet_minutes >= 0 && var.quiet_minutes <= 1440 && floor(var.quiet_minutes) == var.quiet_minutes
    error_message = "quiet_minutes: ${var.quiet_minutes} is not allowed. Write a whole number of minutes from 0 to 1440."
  }
}

variable "decoys" {
  description = "Patterns of names of secrets that nobody should ever touch, such as [\"honey/*\"]."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.decoys : can(regex("^${local.formats.decoys}$", x))])
    error_message = "decoys: ${join(", ", [for x in var.decoys : jsonencode(x) if !can(regex("^${local.formats.decoys}$", x))])} matches every secret, or none. Write patterns of names, not of ARNs, with a letter or digit, and * or ? for what differs, such as [\"honey/*\"]."
  }
}

variable "automation" {
  description = "Patterns of principals (role or user ARNs) that are known automation, such as [\"arn:*:iam::*:role/external-secrets\"]: what is usual for it (first reads, many reads, another tool) is no news; a new network, region or account is."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.automation : can(regex("^${local.formats.principals}$", x))])
    error_message = "automation: ${join(", ", [for x in var.automation : jsonencode(x) if !can(regex("^${local.formats.principals}$", x))])} matches every principal, or none. Write patterns of ARNs of roles (of a session its role) or users, with a letter or digit in the name, such as [\"arn:*:iam::*:role/external-secrets\"]."
  }
}

variable "people_roles" {
  description = "Patterns of role ARNs that only people assume, each under a session name of their own, such as [\"arn:*:iam::*:role/okta-*\"]: each of them is judged by their own habits. Roles of Identity Center, and sessions named by an email address or with a source identity, are known without it."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for x in var.people_roles : can(regex("^${local.formats.principals}$", x))])
    error_message = "people_roles: ${join(", ", [for x in var.people_roles : jsonencode(x) if !can(regex("^${local.formats.principals}$", x))])} matches every principal, or none. Write patterns of ARNs of roles, with a letter or digit in the name, such as [\"arn:*:iam::*:role/okta-*\"]."
  }
}

variable "expected_readers" {
  description = "Pattern of names of secrets → patterns of the principals (role or user ARNs) that read them, such as { \"payments/*\" = [\"arn:*:iam::*:role/payments-*\"] }: anybody else who reads one is notified of as high; whoever is named is no news. A secret that no pattern matches is judged by names and habits."
  type        = map(list(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for name, readers in var.expected_readers : can(regex("^${local.formats.decoys}$", name))])
    error_message = "expected_readers: ${join(", ", [for name, readers in var.expected_readers : jsonencode(name) if !can(regex("^${local.formats.decoys}$", name))])} matches every secret, or none. Write patterns of names, not of ARNs, with a letter or digit, such as { \"payments/*\" = [\"arn:*:iam::*:role/payments-*\"] }."
  }

  validation {
    condition     = alltrue([for name, readers in var.expected_readers : try(length(readers) > 0 && alltrue([for x in readers : can(regex("^${local.formats.principals}$", x))]), false)])
    error_message = "expected_readers: the readers of ${join(", ", [for name, readers in var.expected_readers : jsonencode(name) if !(try(length(readers) > 0 && alltrue([for x in readers : can(regex("^${local.formats.principals}$", x))]), false))])} are none, or match every principal or none. Write at least one pattern of ARNs of roles or users, with a letter or digit in the name, such as [\"arn:*:iam::*:role/payments-*\"]."
  }
}

variable "expectations" {
  description = "What is announced: actor (pattern of role or user ARNs, behind a space that of a person's name) works on secret (pattern of names) until a day (2026-01-31, UTC, to its end), and why. It is counted and listed in the digest, and nobody is notified of it; actor or secret may be \"*\", not both. A new place that is not trusted, credentials in the wrong hands and what is critical are notified of all the same. One that is over does nothing, and the plan warns of it. For a day or two, make expect does it without an apply."
  type = list(object({
    actor  = string
    secret = string
    until  = string
    why    = string
  }))
  default  = []
  nullable = false

  validation {
    condition     = !contains([for e in var.expectations : try(e.actor == "*" && e.secret == "*", false)], true)
    error_message = "expectations: an entry has \"*\" for actor and secret, which would silence everything. Write a pattern with a name for one of them."
  }

  validation {
    condition     = alltrue([for e in var.expectations : can(regex("^(\\*|(${local.formats.principals})( [!-~]+)?)$", e.actor))])
    error_message = "expectations: the actors ${join(", ", [for e in var.expectations : jsonencode(try(e.actor, null)) if !can(regex("^(\\*|(${local.formats.principals})( [!-~]+)?)$", e.actor))])} match every principal, or none. Write patterns of ARNs of roles or users, with a letter or digit in the name, such as \"arn:*:iam::*:role/migration\", or \"*\"."
  }

  validation {
    condition     = alltrue([for e in var.expectations : can(regex("^(\\*|${local.formats.decoys})$", e.secret))])
    error_message = "expectations: the secrets ${join(", ", [for e in var.expectations : jsonencode(try(e.secret, null)) if !can(regex("^(\\*|${local.formats.decoys})$", e.secret))])} match every secret, or none. Write patterns of names, not of ARNs, with a letter or digit, such as \"prod/*\", or \"*\"."
  }

  validation {
    condition     = alltrue([for e in var.expectations : can(regex("^2[0-9]{3}-[0-9]{2}-[0-9]{2}$", e.until)) && can(timeadd("${e.until}T00:00:00Z", "0s"))])
    error_message = "expectations: until ${join(", ", [for e in var.expectations : jsonencode(try(e.until, null)) if !(can(regex("^2[0-9]{3}-[0-9]{2}-[0-9]{2}$", e.until)) && can(timeadd("${e.until}T00:00:00Z", "0s")))])} is no day. Write days such as \"2026-01-31\"."
  }

  validation {
    condition     = alltrue([for e in var.expectations : can(regex("^${local.formats.reason}$", e.why)) && try(trimspace(e.why), "") != ""])
    error_message = "expectations: why ${join(", ", [for e in var.expectations : jsonencode(try(e.why, null)) if !(can(regex("^${local.formats.reason}$", e.why)) && try(trimspace(e.why), "") != "")])} is empty, longer than 200 characters or no single line. Write one line of 1 to 200 characters, which the digest shows."
  }
}

variable "force_destroy" {
  description = "Whether terraform destroy also deletes the stored data: log files, summaries, query results and the audit table."
  type        = bool
  default     = false
  nullable    = false
}

variable "kms_key_arn" {
  description = "ARN of the KMS key for summaries, logs and queues."
  type        = string
  nullable    = false
}

variable "log_retention_in_days" {
  description = "Days that log groups (the trail's and the functions') keep their entries."
  type        = number
  default     = 90
  nullable    = false
}

variable "permissions_boundary_arn" {
  description = "ARN of the permissions boundary of all roles, or null for none."
  type        = string
  default     = null
}

variable "iam_path" {
  description = "IAM path of all roles and policies, such as /security/."
  type        = string
  default     = "/"
  nullable    = false
}

variable "tags" {
  description = "Tags of all resources."
  type        = map(string)
  default     = {}
  nullable    = false
}

variable "canary_principal_arn" {
  description = "Role of the canary: what it does with its own secret is recorded and is no story; null where there is no canary."
  type        = string
  default     = null
}

variable "canary_secret_arn" {
  description = "Secret of the canary, with or without the six characters at its end: a decoy for everybody else. Needs canary_principal_arn."
  type        = string
  default     = null

  validation {
    condition     = (var.canary_secret_arn == null) == (var.canary_principal_arn == null)
    error_message = "canary_secret_arn and canary_principal_arn belong together: set both or neither."
  }
}

variable "metric_namespace" {
  description = "CloudWatch namespace of the canary's delay; needed with canary_principal_arn."
  type        = string
  default     = null

  validation {
    condition     = var.metric_namespace != null || var.canary_principal_arn == null
    error_message = "canary_principal_arn needs metric_namespace."
  }
}

variable "alerts_topic_kms_key_arn" {
  description = "ARN of the KMS key that the topic of alerts_topic_arn is encrypted with, where that is not the key of this deployment: the functions that publish may use it, and to take it away is KeyTampering."
  type        = string
  default     = null

  validation {
    condition     = var.alerts_topic_kms_key_arn == null ? true : can(regex("^arn:${local.partition}:kms:${local.region}:[0-9]{12}:${local.formats.kms_key}$", var.alerts_topic_kms_key_arn))
    error_message = "alerts_topic_kms_key_arn: ${jsonencode(var.alerts_topic_kms_key_arn)} is no ARN of a KMS key in this region. Write arn:${local.partition}:kms:${local.region}:ACCOUNT:key/ID, no alias."
  }
}

variable "enable_digest" {
  description = "Whether a message a day says what the day before (UTC) was like, on a quiet day too."
  type        = bool
  default     = true
  nullable    = false
}

variable "digest_at" {
  description = "When the digest is sent, in UTC, such as 07:00."
  type        = string
  default     = "07:00"
  nullable    = false

  # CloudTrail takes up to fifteen minutes to a log group.
  validation {
    condition     = can(regex("^(0[1-9]|1[0-9]|2[0-3]):[0-5][0-9]$|^00:[3-5][0-9]$", var.digest_at))
    error_message = "digest_at: ${jsonencode(var.digest_at)} is not allowed. Write hours and minutes in UTC, from 00:30 (the day's last records come some minutes late) to 23:59, such as 07:00."
  }

  validation {
    condition     = var.enable_digest || var.digest_at == "07:00"
    error_message = "digest_at: ${jsonencode(var.digest_at)} has no effect with enable_digest = false. Leave it out, or set enable_digest = true."
  }
}

variable "canary_paths" {
  description = "Paths that bring the canary's reads: logs, events; none without a canary."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = length(setsubtract(var.canary_paths, ["logs", "events"])) == 0
    error_message = "canary_paths: ${jsonencode(var.canary_paths)} is not allowed. Write some of logs and events."
  }
}
