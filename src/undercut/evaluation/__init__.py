"""How good is it, how sure are we, and is it really better: reports, intervals, paired tests."""
