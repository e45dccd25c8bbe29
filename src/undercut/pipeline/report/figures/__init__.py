"""The charts of a report: question, answer made from the facts, shapes, the data as a table."""
