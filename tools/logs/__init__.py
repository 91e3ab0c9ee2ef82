"""The one reader of log files: whatever tool wrote them, in whatever container, by content and not by name.

``files`` finds them, ``containers`` opens them, ``text`` takes them apart, ``envelopes`` finds the records inside.
"""
