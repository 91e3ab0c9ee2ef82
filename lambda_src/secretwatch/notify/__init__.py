"""Notices, and the channels that show them."""
