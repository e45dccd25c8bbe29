"""The commands over finished runs and the ledger, each built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from undercut.cli.command import Positional, make
from undercut.core.specs_results import ExportSpec, LedgerSpec, ListSpec, PriceSpec, ReportSpec
from undercut.core.specs_rival import RivalSpec

RUN = Positional("run", "Name of a run; the newest by default.")


def _price() -> Callable[..., None]:
    def call(spec: PriceSpec, terminal: Any) -> Any:
        from undercut.cli.results import PriceResult
        from undercut.pipeline.verbs import price, scenario_of

        if (scenario := scenario_of(spec)) is not None:
            from undercut.cli.economics import ScenarioResult
            from undercut.pipeline.scenario.answer import price_scenario

            return ScenarioResult(price_scenario(scenario, terminal))
        return PriceResult(price(spec, terminal))

    return make("price", PriceSpec, call, (RUN,))


def _rival() -> Callable[..., None]:
    def call(spec: RivalSpec, terminal: Any) -> Any:
        from undercut.cli.rival import RivalResult
        from undercut.pipeline.rival.run import rival

        return RivalResult(rival(spec, terminal, terminal.ask))

    return make("rival", RivalSpec, call, (RUN,))


def _report() -> Callable[..., None]:
    def call(spec: ReportSpec, terminal: Any) -> Any:
        from undercut.cli.results import ReportResult
        from undercut.pipeline.verbs import report

        return ReportResult(report(spec, terminal))

    return make("report", ReportSpec, call, (RUN,))


def _export() -> Callable[..., None]:
    def call(spec: ExportSpec, terminal: Any) -> Any:
        from undercut.cli.results import ExportResult
        from undercut.pipeline.exporters.export import export

        return ExportResult(export(spec, terminal))

    return make("export", ExportSpec, call, (RUN,))


def _list() -> Callable[..., None]:
    def call(spec: ListSpec, terminal: Any) -> Any:
        from undercut.cli.listing import listing

        return listing(spec)

    return make(
        "list",
        ListSpec,
        call,
        (Positional("what", "runs (the default), plugins, or rates."),),
    )


def _ledger() -> Callable[..., None]:
    def call(spec: LedgerSpec, terminal: Any) -> Any:
        from undercut.cli.ledger import ledger

        return ledger(spec)

    action = Positional("action", "show (the default), or add.")
    unit = Positional("unit", "Unit to add: label, person_hour, api_usd, ...")
    quantity = Positional("quantity", "How many of the unit.")
    return make("ledger", LedgerSpec, call, (action, unit, quantity))


BUILDERS = {
    "price": _price,
    "rival": _rival,
    "report": _report,
    "export": _export,
    "list": _list,
    "ledger": _ledger,
}
