"""The published ranges, fetched anew each day."""
