"""One folder an architecture: its front end, its torch module, saving, loading and export."""
