"""What people would have been notified of, and what rotated: the deployed decision, over CloudTrail history.

``settings`` reads the options, ``history`` puts the accesses in order of time, ``decisions``
takes each through the core of the summarizer, ``replay`` says what became of each access and of
each story, ``rotation`` is the rotator, ``lines``, ``summary`` and ``advice`` are for people.
"""
