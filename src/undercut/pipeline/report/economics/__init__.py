"""``economics.html``: the eight pictures of a scenario, each also as PNG, and the tables."""
