"""What a developer runs: docs, lint, preview, pictures, faults, comparison, benchmarks."""
