"""The command line: one command a verb, its options made from the verb's spec."""
