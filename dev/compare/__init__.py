"""``make compare``: the same generated day told in four ways, side by side."""
