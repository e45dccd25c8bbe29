"""Ask a rival API the same rows: prompt, client, answers, journal, bill, comparison.

``prompt`` is the one place where the request is built, for its price and for sending it.
"""
