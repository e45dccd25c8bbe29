"""The commands of the economics room, each built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from undercut.cli.command import Positional, make
from undercut.core import specs_economics as specs

FILES = Positional("train", "Labelled file or files.", many=True, files=True)
RUN = Positional("run", "Name of a run; the newest by default.")
SCENARIO = Positional("scenario", "Scenario file; market.toml by default.", files=True)


def _market() -> Callable[..., None]:
    def call(spec: specs.PriceBookSpec, terminal: Any) -> Any:
        from undercut.cli.economics import MadeResult, MarketResult
        from undercut.pipeline.scenario.market import market
        from undercut.pipeline.scenario.template import new_scenario

        if spec.new:
            return MadeResult(new_scenario(spec))
        return MarketResult(market(spec))

    return make("market", specs.PriceBookSpec, call, (RUN,))


def _war() -> Callable[..., None]:
    def call(spec: specs.WarSpec, terminal: Any) -> Any:
        from undercut.cli.economics import WarResult
        from undercut.pipeline.scenario.answer import war

        return WarResult(war(spec, terminal))

    return make("war", specs.WarSpec, call, (SCENARIO,))


def _invest() -> Callable[..., None]:
    def call(spec: specs.InvestSpec, terminal: Any) -> Any:
        from undercut.cli.economics import InvestResult
        from undercut.pipeline.scenario.answer import invest

        return InvestResult(invest(spec, terminal))

    return make("invest", specs.InvestSpec, call, (SCENARIO,))


def _plan() -> Callable[..., None]:
    def call(spec: specs.PlanSpec, terminal: Any) -> Any:
        from undercut.cli.economics import PlanResult
        from undercut.pipeline.scenario.answer import plan

        metered = None
        if spec.state_folder is not None:
            from undercut.serving.usage_by_key import texts_by_key

            metered = texts_by_key(spec.state_folder)
        return PlanResult(plan(spec, terminal, metered))

    return make("plan", specs.PlanSpec, call, (SCENARIO,))


def _learning_curve() -> Callable[..., None]:
    def call(spec: specs.LearningCurveSpec, terminal: Any) -> Any:
        from undercut.cli.economics import CurveResult
        from undercut.pipeline.curves import learning_curve

        return CurveResult(learning_curve(spec, terminal))

    return make("learning-curve", specs.LearningCurveSpec, call, (FILES,))


def _loadtest() -> Callable[..., None]:
    def call(spec: specs.LoadtestSpec, terminal: Any) -> Any:
        from undercut.cli.economics import LoadResult
        from undercut.serving.loadtest.run import loadtest

        return LoadResult(loadtest(spec, terminal))

    return make(
        "loadtest",
        specs.LoadtestSpec,
        call,
        (Positional("url", "Address of the server, such as http://127.0.0.1:8000."),),
    )


BUILDERS = {
    "market": _market,
    "war": _war,
    "invest": _invest,
    "plan": _plan,
    "learning-curve": _learning_curve,
    "loadtest": _loadtest,
}
