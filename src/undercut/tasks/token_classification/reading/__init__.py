"""Labelled files of entities to rows: tagged tokens in columns, spans in JSON, and their kin."""
