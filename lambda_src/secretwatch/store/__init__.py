"""The audit table: one file for each kind of item."""
