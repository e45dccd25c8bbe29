"""The charts of a report: question, answer made from the facts, shapes, and the same data as a table."""
