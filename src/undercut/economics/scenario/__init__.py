"""The scenario file ``market.toml``: its tables, its numbers with their sources, its reader."""
