"""One file for each hop: what is looked at, and the judgement of what was found, which needs no AWS."""
