"""Pure functions on arrays of scores, answers and targets: metrics, intervals, paired tests."""
