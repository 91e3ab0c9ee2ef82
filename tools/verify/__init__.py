"""Walks a deployed system hop by hop, in the order in which a record travels, and says what works: ``make verify``."""
