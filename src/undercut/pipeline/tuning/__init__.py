"""The search of methods and their options within a budget (``undercut tune``)."""
