"""What must be right before a model is sold: its signature, and the licences it stands on."""
