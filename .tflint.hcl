# tflint's rules for the Terraform language, which come with its binary. Only the workflow runs them:
# this configuration was written from tflint's documentation and has not been run on a developer's machine yet.
plugin "terraform" {
  enabled = true
  preset  = "recommended"
}
