"""``make demo``: the deployed system on a laptop, played before your eyes."""
