# Where every role needs a boundary and a path, as many companies ask.

provider "aws" {
  region = "us-east-1"
}

module "secretwatch" {
  source                   = "../.."
  permissions_boundary_arn = "arn:aws:iam::123456789012:policy/developers"
  iam_path                 = "/security/"

  trusted_cidrs    = ["203.0.113.0/24"]
  alert_emails     = ["security@example.com"]
  enable_rotation  = true
  rotation_targets = { "prod/db" = { strategy = "generate", json_keys = ["password"] } }
}
