"""A Lambda event → CloudTrail records → accesses: who called what, on which secret, from where."""
