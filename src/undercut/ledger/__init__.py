"""What everything costs: steps write quantities, never money; prices are dated rates.

``units.toml`` lists every billable unit, ``rates.toml`` the dated rates, ``book`` is the only
writer, ``meter`` measures a step, ``price`` turns quantity into money.
"""
