output "trail_name" {
  description = "Name of the trail."
  value       = aws_cloudtrail.trail.name
}

output "log_group_name" {
  description = "Log group that the trail delivers to."
  value       = aws_cloudwatch_log_group.trail.name
}

output "bucket_name" {
  description = "Bucket of the trail's log files."
  value       = module.bucket.name
}
