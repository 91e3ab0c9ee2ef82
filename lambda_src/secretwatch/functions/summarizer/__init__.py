"""Explains each access in one sentence, keeps it in S3 and publishes a notice."""
