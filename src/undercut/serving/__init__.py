"""An artefact answering requests: batched, keyed, metered; framework-free but for ``http.py``."""
