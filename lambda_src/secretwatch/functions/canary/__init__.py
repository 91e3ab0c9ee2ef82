"""Reads a secret of its own on a schedule and reports a path that no longer brings those reads."""
