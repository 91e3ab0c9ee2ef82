"""Benchmarks: figures to read, never assertions on time."""
