"""Equilibrium prices among rivals that all reply: logit, segments, nests, capacity.

Arrays over products, with markets in front where there are many. Diagnostics of joint prices are
in :mod:`undercut.economics.equilibrium.fragility`; there is no recommender of such prices.
"""
