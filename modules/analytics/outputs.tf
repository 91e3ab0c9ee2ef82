output "database_name" {
  description = "Glue database of the tables and views."
  value       = aws_glue_catalog_database.history.name
}

output "workgroup_name" {
  description = "Athena workgroup to ask in."
  value       = aws_athena_workgroup.history.name
}

output "results_bucket_name" {
  description = "Bucket of the results."
  value       = module.results.name
}

output "quicksight_role_name" {
  description = "Role to choose in QuickSight, or null where it is off."
  value       = one(aws_iam_role.quicksight[*].name)
}
