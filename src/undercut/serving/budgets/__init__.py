"""Budgets of keys: what is reserved before an answer and settled after it."""
