"""The order of work: steps and their cache, the ladder, the run, the report."""
