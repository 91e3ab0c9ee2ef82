"""Accesses → stories → signals → a decision: what is notable, judged by what is remembered."""
