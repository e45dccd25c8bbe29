"""Where things lie: artefact folders, files written whole or not at all, the database."""
