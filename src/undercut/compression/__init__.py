"""Ways to shrink a model, and the gate every result must pass."""
