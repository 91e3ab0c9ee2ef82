"""``make compare``: the same generated day, notified in four ways, side by side."""
