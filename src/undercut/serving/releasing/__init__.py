"""Another variant under a served name: tried beside it, promoted, rolled back."""
