"""Waiting times: they only interpolate; prefer a measured saturation curve.

Rates are requests a second, times are seconds. ``W`` is time in the system, ``Wq`` time waiting.
Source: Kleinrock, *Queueing Systems* vol. 1, chapters 3 and 5; Erlang C by the Erlang B recursion;
M/G/k by Allen and Cunneen (Allen, *Probability, Statistics and Queueing Theory*, 2nd ed., 5.3).
"""

from __future__ import annotations

import math

from undercut.core.errors import fail
from undercut.economics.checks import collect, fraction, not_negative, positive, whole
from undercut.economics.scalars import of_scalars


def _stable(arrivals: float, service: float, servers: int = 1) -> float:
    collect(
        not_negative("arrivals_per_second", arrivals),
        positive("service_per_second", service),
        whole("servers", servers),
    )
    rho = arrivals / (servers * service)
    if rho >= 1:
        raise fail(
            "queue-unstable",
            expected=f"fewer than {servers * service:g} arrivals a second",
            found=f"{arrivals:g}",
            where="arrivals_per_second",
            fix="Add machines or a faster model.",
        )
    return rho


@of_scalars
def mm1_time(arrivals_per_second: float, service_per_second: float) -> float:
    """Return the mean time in an M/M/1 system, ``1/(mu - lambda)``.

    Raises:
        UndercutError: an input is out of range or the queue is unstable.
    """
    _stable(arrivals_per_second, service_per_second)
    return 1.0 / (service_per_second - arrivals_per_second)


@of_scalars
def mm1_quantile(arrivals_per_second: float, service_per_second: float, q: float = 0.95) -> float:
    """Return the ``q`` quantile of the time in an M/M/1 system, ``-ln(1-q)/(mu - lambda)``.

    Raises:
        UndercutError: an input is out of range or the queue is unstable.
    """
    collect(fraction("q", q))
    return -math.log1p(-q) * mm1_time(arrivals_per_second, service_per_second)


@of_scalars
def md1_time(arrivals_per_second: float, service_per_second: float) -> float:
    """Return the mean time in an M/D/1 system, ``1/mu + rho/(2 mu (1-rho))``.

    Raises:
        UndercutError: an input is out of range or the queue is unstable.
    """
    rho = _stable(arrivals_per_second, service_per_second)
    return 1.0 / service_per_second + rho / (2.0 * service_per_second * (1.0 - rho))


@of_scalars
def erlang_c(arrivals_per_second: float, service_per_second: float, servers: int) -> float:
    """Return the probability of waiting in M/M/k.

    By the Erlang B recursion, all of whose terms lie in [0, 1], so no ``servers`` overflows.

    Raises:
        UndercutError: an input is out of range or the queue is unstable.
    """
    rho = _stable(arrivals_per_second, service_per_second, servers)
    load = arrivals_per_second / service_per_second
    blocked = 1.0
    for k in range(1, int(servers) + 1):
        blocked = load * blocked / (k + load * blocked)
    return blocked / (1.0 - rho * (1.0 - blocked))


@of_scalars
def mmk_wait(arrivals_per_second: float, service_per_second: float, servers: int) -> float:
    """Return the mean wait in M/M/k, ``C/(k mu - lambda)``.

    Raises:
        UndercutError: an input is out of range or the queue is unstable.
    """
    waiting = erlang_c(arrivals_per_second, service_per_second, servers)
    return waiting / (servers * service_per_second - arrivals_per_second)


@of_scalars
def mgk_wait(
    arrivals_per_second: float,
    service_per_second: float,
    servers: int,
    service_scv: float,
    arrival_scv: float = 1.0,
) -> float:
    """Return the Allen-Cunneen mean wait: the M/M/k wait times ``(ca2 + cs2)/2``.

    Args:
        arrivals_per_second: arrival rate.
        service_per_second: service rate of one server.
        servers: how many.
        service_scv: squared coefficient of variation of the service time; 0 is constant.
        arrival_scv: the same of the gaps between arrivals; 1 is Poisson.

    Raises:
        UndercutError: an input is out of range or the queue is unstable.
    """
    collect(not_negative("service_scv", service_scv), not_negative("arrival_scv", arrival_scv))
    wait = mmk_wait(arrivals_per_second, service_per_second, servers)
    return wait * (arrival_scv + service_scv) / 2.0


@of_scalars
def rho_max(service_per_second: float, limit_seconds: float, q: float = 0.95) -> float:
    """Return the highest use at which the ``q`` quantile of M/M/1 meets the limit.

    ``1 - ln(1/(1-q)) / (mu * limit)``.

    Raises:
        UndercutError: an input is out of range, or even an idle machine misses the limit.
    """
    collect(
        positive("service_per_second", service_per_second),
        positive("limit_seconds", limit_seconds),
        fraction("q", q),
    )
    idle = -math.log1p(-q) / service_per_second
    if idle >= limit_seconds:
        raise fail(
            "slo-unreachable",
            expected=f"a latency limit above {1000 * idle:.3g} ms",
            found=f"{1000 * limit_seconds:.3g} ms",
            where="limit_seconds",
            fix="Loosen the limit or serve a faster model.",
        )
    return 1.0 - idle / limit_seconds
