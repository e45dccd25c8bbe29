"""Price wars: simulation, ruin, attrition, switching costs, entry, predation, falling prices.

Everything describes what rivals may do and what it costs to live through it. Nothing recommends
matching or coordinated prices.
"""
