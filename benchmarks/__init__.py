"""Benchmarks of undercut against what people use today, side by side on one machine.

``python -m benchmarks`` (or ``make bench``) measures everything, writes ``results/*.json`` and
generates the tables of ``README.md`` from them. Nothing in those tables is typed by hand.
"""
