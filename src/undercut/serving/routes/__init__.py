"""Routes of the HTTP API, a file a subject; each has ``add(app, desk)``."""
