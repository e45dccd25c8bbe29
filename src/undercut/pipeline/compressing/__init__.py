"""The search behind ``undercut compress``."""
