locals {
  trusted = jsondecode(file("${path.module}/../../lambda_src/secretwatch/record/trusted_networks.json"))

  octet = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
  ipv4  = "^(${local.octet}\\.){3}${local.octet}/(3[0-2]|[12]?[0-9])$"
  ipv6  = "^[0-9A-Fa-f:]+/(12[0-8]|1[01][0-9]|[1-9]?[0-9])$"
}

variable "trusted_cidrs" {
  description = "Networks that reads may come from, IPv4 or IPv6, such as [\"203.0.113.0/24\", \"2001:db8::/32\"]."
  type        = list(string)
  default     = []
  nullable    = false

  # What Python's ipaddress.ip_network takes, and no more: cidrhost alone is more generous. An IPv4-mapped network
  # never matches, since mapped addresses are compared as IPv4; cidrhost writes it with dots.
  validation {
    condition = alltrue([
      for cidr in var.trusted_cidrs : can(regex(local.ipv4, cidr)) || (can(regex(local.ipv6, cidr)) && try(!strcontains(cidrhost(cidr, 0), "."), false))
    ])
    error_message = "trusted_cidrs: ${join(", ", [
      for cidr in var.trusted_cidrs : jsonencode(cidr)
      if !(can(regex(local.ipv4, cidr)) || (can(regex(local.ipv6, cidr)) && try(!strcontains(cidrhost(cidr, 0), "."), false)))
    ])} is no network in CIDR notation. Write address/length without spaces, leading zeros, netmask or zone, such as 203.0.113.0/24 or 2001:db8::/32 (one address: /32, or /128 for IPv6), and an IPv4-mapped network as IPv4."
  }

  validation {
    condition = alltrue([
      for cidr in var.trusted_cidrs : try(cidrhost(cidr, 0) == cidrhost("${split("/", cidr)[0]}/${strcontains(cidr, ":") ? 128 : 32}", 0), true)
    ])
    error_message = "trusted_cidrs: ${join("; ", [
      for cidr in var.trusted_cidrs : try("${jsonencode(cidr)} has bits set after its length: write ${cidrhost(cidr, 0)}/${split("/", cidr)[1]}, or ${split("/", cidr)[0]}/${strcontains(cidr, ":") ? 128 : 32} for the one address", "")
      if try(cidrhost(cidr, 0) != cidrhost("${split("/", cidr)[0]}/${strcontains(cidr, ":") ? 128 : 32}", 0), false)
    ])}."
  }

  validation {
    condition = alltrue([
      for cidr in var.trusted_cidrs : try(tonumber(split("/", cidr)[1]) >= [for rule in local.trusted.least_lengths : rule.length if can(regex("^${rule.first_address}$", cidrhost(cidr, 0)))][0], true)
    ])
    error_message = "trusted_cidrs: ${join(", ", [
      for cidr in var.trusted_cidrs : jsonencode(cidr)
      if try(tonumber(split("/", cidr)[1]) < [for rule in local.trusted.least_lengths : rule.length if can(regex("^${rule.first_address}$", cidrhost(cidr, 0)))][0], false)
    ])} trusts a large part of the internet, so that a read by a stranger would pass. Write the networks that your reads come from: /8 or longer, for IPv6 /16 or longer (fc00::/7 is allowed; longer in 6to4, Teredo and NAT64, which hold all of IPv4). If no network is known, leave trusted_cidrs empty."
  }

  validation {
    condition     = sum(concat([0], [for cidr in distinct(var.trusted_cidrs) : try(strcontains(cidr, ":") ? 0 : pow(2, 32 - tonumber(split("/", cidr)[1])), 0)])) <= local.trusted.most_ipv4_addresses
    error_message = "trusted_cidrs: ${length(var.trusted_cidrs)} networks have more than ${local.trusted.most_ipv4_addresses} IPv4 addresses together, a large part of the internet, so that a read by a stranger would pass. Write the networks that your reads come from: as much as sixteen /8 at most."
  }
}

variable "trusted_vpc_endpoint_ids" {
  description = "VPC endpoints for Secrets Manager that reads may come through."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for id in var.trusted_vpc_endpoint_ids : can(regex("^vpce-[0-9a-f]{8,17}$", id))])
    error_message = "trusted_vpc_endpoint_ids: ${join(", ", [for id in var.trusted_vpc_endpoint_ids : jsonencode(id) if !can(regex("^vpce-[0-9a-f]{8,17}$", id))])} is no id of a VPC endpoint. Write its id, such as vpce-0123456789abcdef0."
  }
}

variable "audit_retention_days" {
  description = "Days that the audit table keeps an access and the evidence of a rotation."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.audit_retention_days >= 1 && var.audit_retention_days <= 3650 && floor(var.audit_retention_days) == var.audit_retention_days
    error_message = "audit_retention_days: ${var.audit_retention_days} is not allowed. Write a whole number of days from 1 to 3650."
  }
}
