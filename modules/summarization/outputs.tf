output "function_name" {
  description = "Name of the summarizer."
  value       = module.summarizer.function_name
}

output "bucket_name" {
  description = "Bucket of the summaries (summaries/YYYY/MM/DD/<eventID>-<notice id>.txt)."
  value       = module.bucket.name
}

output "dead_letter_queue_name" {
  description = "Dead-letter queue of the summarizer."
  value       = module.summarizer.dead_letter_queue_name
}

output "ranges_function_name" {
  description = "Name of the function that fetches the published ranges, or null where it is off."
  value       = one(module.ranges[*].function_name)
}

output "ranges_dead_letter_queue_name" {
  description = "Dead-letter queue of that function, or null where it is off."
  value       = one(module.ranges[*].dead_letter_queue_name)
}

output "access_queue_name" {
  description = "Queue of the fast path, or null where that path is off."
  value       = one(aws_sqs_queue.accesses[*].name)
}

output "digest_function_name" {
  description = "Name of the function that makes the digest, or null where it is off."
  value       = one(module.digest[*].function_name)
}

output "digest_dead_letter_queue_name" {
  description = "Dead-letter queue of the digest, or null where it is off."
  value       = one(module.digest[*].dead_letter_queue_name)
}

output "rules" {
  description = "Tuning of the signals as JSON, as the backtest's --rules takes it."
  value       = jsonencode(local.rules)
}
