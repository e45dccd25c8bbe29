"""Unit cost, floors, demand, break-even and rival prices: pure functions over measured quantities.

Canonical money is USD per 1,000 requests (``usd_per_1k``); a month has 730 hours. Functions take
rates and quantities as arguments and read no files; only :mod:`undercut.economics.market` does,
for the candidates and price books it is asked to price.

Formulas that circulate and are wrong, so that nobody mends the code towards them:

- ``R_year = C * S * R`` and ``P * S * (R - P)`` are USD squared, not USD. The yearly profit is
  ``12 * M * S(p, q) * (p - v) - fixed costs - (training + data) / life``, with the quality ``q``
  taken from an evaluation.
- Buyers do not see a seller's costs: share depends on price, quality and latency, and the size of
  the market scales volume, not share.
- ``price = marginal cost`` holds for a price taker; a price setter equates marginal *revenue* with
  marginal cost.
- Cost ``1000 x`` at a price of ``1000 x`` gives a profit of ``1000 x**2 - 1000 x``, whose
  stationary point (-250 at x = 0.5) is a minimum; there is no best price to find there.
"""
