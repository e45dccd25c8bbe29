"""One folder a way to fit: light ``options.py``, heavy ``fit.py``."""
