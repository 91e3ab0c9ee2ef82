"""Rotates a configured secret that was read from an untrusted network."""
