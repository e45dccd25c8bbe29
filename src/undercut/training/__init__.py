"""What the methods share: batches, the frozen pass, one training loop, heads, temperature."""
