"""One folder a runtime: ``load(folder, manifest, threads) -> session``, ``session.run(arrays)``."""
