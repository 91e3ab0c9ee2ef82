"""The Lambda functions: thin handlers, and what belongs to one of them only."""
