"""What stands in for the parts that cannot run on a laptop, and what drives the parts that can."""
