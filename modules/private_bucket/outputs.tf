output "name" {
  description = "Name of the bucket, known at plan."
  value       = aws_s3_bucket.bucket.bucket
}

output "arn" {
  description = "ARN of the bucket, known at plan."
  value       = local.arn
}
