"""The root command: names and one-line helps only, each command loaded when it is called."""

from __future__ import annotations

import errno
import os
import re
import sys

import cyclopts
from cyclopts import App, Group, Parameter

import undercut
from undercut.cli.examples import EXAMPLES

COMMANDS = {
    "run": "File to priced model: check, split, fit, evaluate, compress, measure, price, report.",
    "check": "Read a labelled file and say what is wrong with it.",
    "relabel": "Walk over suspected labels and write a corrected copy.",
    "coreset": "Pick the rows most worth labelling.",
    "tune": "Search methods and options within a budget; the best becomes a run.",
    "train": "Fit one method, or climb the ladder.",
    "evaluate": "Score an artefact on a labelled file.",
    "compress": "Find the cheapest form of an artefact that passes the gate.",
    "price": "What to charge, and below what not: a finished run, or a scenario.",
    "market": "Rivals' dated prices for your request, and how they moved; --new: market.toml.",
    "war": "Play a price war many times over: who is alive, with what share.",
    "invest": "Is the money well spent: value, payback, what a customer is worth.",
    "plan": "What a price list earns on how much customers use.",
    "learning-curve": "Train on growing parts of the rows: what would more labels bring?",
    "loadtest": "Step the rate against a running server until its p95 passes the promise.",
    "rival": "Ask the API you use today the same rows, and compare.",
    "cascade": "Let a cheap model answer what it is sure of, and a dear one the rest.",
    "report": "Write the report of a finished run again.",
    "export": "Settings, curves and costs of a run for TensorBoard, MLflow or W&B.",
    "predict": "Answer texts, or the rows of a file.",
    "explain": "Why this label: the share of every word in an answer.",
    "serve": "Answer POST /v1/predict.",
    "sign": "Sign an artefact, or check its signature.",
    "licences": "Whether the licences of base model and data allow selling.",
    "keys": "Make, list, change and end API keys; who did what.",
    "usage": "What each key used, what it pays and what that cost.",
    "invoice": "Each customer's invoice of a month: CSV, JSON, HTML.",
    "feedback": "Show, export or delete the corrections callers sent.",
    "release": "Try, promote and roll back what a running server answers with.",
    "gate": "New artefact against the served one, for CI: quality, latency, cost.",
    "list": "Runs, artefacts, or registered plug-ins.",
    "doctor": "This machine: processor, memory, packages, and what is missing.",
    "new": "Write a commented undercut.toml for a file.",
    "completion": "Tab completion for bash, zsh or fish.",
    "help": "What an error code means, or how a command is used.",
    "ledger": "Show what everything cost, or add hours and labels.",
}

GROUPS = {
    "Start": ("run", "check", "new", "doctor", "help", "completion"),
    "Rows and labels": ("relabel", "coreset", "learning-curve"),
    "Fit and judge": ("train", "tune", "evaluate", "explain", "compress", "cascade"),
    "Answer": ("predict", "serve", "release", "gate"),
    "Prices and rivals": ("price", "rival", "market", "war", "invest", "plan", "loadtest"),
    "Sell": ("keys", "usage", "invoice", "feedback", "sign", "licences"),
    "What was done": ("list", "report", "export", "ledger"),
}
"""In the order in which a newcomer needs them."""

FILE = "Options can also stand in undercut.toml beside you; flags win over the file."
EPILOGUE = f"""Start here: undercut run train.csv
Then:       undercut COMMAND --help

{FILE}"""


def build(asked: str = "") -> App:
    """Return the command-line application.

    Args:
        asked: the command that is called: its help tells all that its spec does, not one line.
    """
    app = App(
        name="undercut",
        help="Labelled data in; a small model you own out: compressed, served, metered, priced.",
        help_epilogue=EPILOGUE,
        version=undercut.__version__,
        default_parameter=Parameter(negative_iterable=()),
        help_format="plaintext",
        suppress_keyboard_interrupt=False,
    )
    for number, (title, names) in enumerate(GROUPS.items()):
        group = Group(title, sort_key=number)
        for place, name in enumerate(names):
            app.command(
                f"undercut.cli.verbs:{name}",
                name=name,
                help=None if name == asked else COMMANDS[name],
                help_epilogue=f"For example:\n\n{EXAMPLES[name]}\n\n{FILE}",
                group=group,
                sort_key=place,
            )
    return app


def main(arguments: list[str] | None = None) -> None:
    """Run; exit 0, or 2 with a message on standard error for anything the user can mend."""
    # Before torch is there: threads that spin keep a busy machine's other work from its cores, and
    # each of their operations waits for the one that is not running.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    given = sys.argv[1:] if arguments is None else arguments
    # cyclopts takes a lone "-" for an option: name what it means instead.
    given = ["/dev/stdin" if a == "-" else a for a in given]
    try:
        build(given[0] if given else "")(given, exit_on_error=False, print_error=False)
    except cyclopts.CycloptsError as e:
        for line in _said(e):
            print(f"undercut: {line}", file=sys.stderr)
        print("Try 'undercut --help' or 'undercut COMMAND --help'.", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("\nStopped. Finished steps are kept; the same command goes on.", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        raise SystemExit(141) from None
    except OSError as e:
        print(f"undercut: {_os_error(e)}", file=sys.stderr)
        raise SystemExit(2) from None
    except Exception as e:
        from undercut.core.errors import UndercutError

        if not isinstance(e, UndercutError):
            if (refused := _refused(e)) is None:
                raise
            print(f"undercut: {_os_error(refused)}", file=sys.stderr)
            raise SystemExit(2) from None
        for problem in e.problems:
            print(f"undercut: {problem}", file=sys.stderr)
        print(f"(error {e.code}; more: undercut help {e.code})", file=sys.stderr)
        raise SystemExit(e.exit_code) from None


def _refused(e: BaseException) -> OSError | None:
    """Return what the system refused, where a library in another language only says it in words."""
    if found := re.search(r"\(os error (\d+)\)", str(e)):  # how Rust ends such a message
        return OSError(int(found[1]), os.strerror(int(found[1])))
    for number in (errno.ENOSPC, errno.EROFS, errno.EFBIG):
        if os.strerror(number) in str(e):
            return OSError(number, os.strerror(number))
    return None


MENDS = {
    errno.ENOSPC: "Make room on the disk and run the same command again",
    errno.EDQUOT: "Make room in your quota and run the same command again",
    errno.EFBIG: "Raise the limit on file sizes (ulimit -f) and run the same command again",
    errno.EROFS: "Choose a place that can be written",
    errno.EACCES: "Choose a place that can be written",
}


def _said(e: cyclopts.CycloptsError) -> list[str]:
    """Return what is wrong, a line a mistake; values of the wrong type by their flags."""
    mistakes = getattr(e.__cause__, "errors", None)  # pydantic's
    if mistakes is None:
        return [str(e)]
    group = (e.argument.name if e.argument else "*").lstrip("-*")
    lines = []
    for one in mistakes():
        names = [group, *(str(part) for part in one["loc"] if isinstance(part, str))]
        flag = "--" + ".".join(n.replace("_", "-") for n in names if n)
        wanted = one["msg"].partition(", unable")[0].removeprefix("Input should be ")
        lines.append(f"{flag}: expected {wanted}; found {one['input']!r}.")
    return lines


def _os_error(e: OSError) -> str:
    # A file is written under a hidden name first; the user knows it by the name it will have.
    name = re.sub(r"\.((?!\.).+?)(\.\d+)?(\.[0-9a-f]{8})?\.tmp\b", r"\1", str(e.filename or ""))
    where = f"{name}: " if name else ""
    mend = f" {MENDS[e.errno]}." if e.errno in MENDS else ""
    return f"{where}the system refused: {e.strerror or e}. Nothing half-written was kept.{mend}"
