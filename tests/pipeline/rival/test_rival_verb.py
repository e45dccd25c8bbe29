"""The whole verb: a finished run against a server on this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path

import pytest

from models.api.fake_api import FakeApi, completion, error, usage
from pipeline.sets import rows, small, write_csv
from undercut.core.errors import UndercutError
from undercut.core.specs_results import PriceSpec, ReportSpec
from undercut.core.specs_rival import RivalSpec
from undercut.core.specs_training import RunSpec
from undercut.ledger.book import Book
from undercut.ledger.price import Rates
from undercut.pipeline.report.png import MISSING, Plots
from undercut.pipeline.rival.prompt import build
from undercut.pipeline.rival.run import rival
from undercut.pipeline.rival.sample import stored_dataset
from undercut.pipeline.run import read_facts, run
from undercut.pipeline.verbs import price, report
from undercut.tasks.text_classification.task import TextClassification

GOLD = dict((*rows("test_en.csv"), *rows("support_en.csv")))
KEY = "sk-live-DO-NOT-WRITE-ME-0123456789"
OUT = Path("undercut-out")
USAGE = usage(300, 8, 2)
ROW_USD = Decimal("0.5") * 300 / 10**6 + Decimal(2) * 8 / 10**6


def right(text, number, body):
    return completion(GOLD[text], usage=USAGE)


def run_spec(**more) -> RunSpec:
    return RunSpec(
        train=[Path("small.csv")], method="linear", threads=1, seed=0,
        **({"test": [Path("small_test.csv")]} | more),
    )  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def no_charts_as_png():
    """PNG charts are another test's matter and take most of the time; as without matplotlib."""
    with pytest.MonkeyPatch.context() as patch:

        def quick(*_):
            return Plots(notes=[MISSING])

        patch.setattr("undercut.pipeline.report.page.write_plots", quick)
        yield


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A folder with two finished runs: with test rows, and without (in ``no-test``)."""
    folder = tmp_path_factory.mktemp("rival")
    small(folder)
    before = Path.cwd()
    os.chdir(folder)
    try:
        run(run_spec())
        run(run_spec(test=[], workspace=Path("no-test")))
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def place(finished, tmp_path, monkeypatch) -> Path:
    folder = tmp_path / "place"
    shutil.copytree(finished, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RIVAL_KEY", KEY)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return folder


def spec(url: str, **more) -> RivalSpec:
    return RivalSpec(**{
        "base_url": url, "model": "cheap-1", "key_env": "RIVAL_KEY", "rows": 20, "yes": True,
        "usd_per_million_input": 0.5, "usd_per_million_output": 2, "retries": 1, **more,
    })  # fmt: skip


def api_lines() -> list:
    return Book(OUT / "ledger.sqlite").entries("rival:")


def test_the_figures_are_those_of_the_rows_asked(place):
    def script(text, number, body):
        if number % 5 == 0:
            return completion("I would say " + GOLD[text], usage=USAGE)
        if number % 7 == 0:
            return completion(None, refusal="No.", usage=USAGE)
        return right(text, number, body)

    with FakeApi(script) as api:
        found = rival(spec(api.url, concurrency=3))
    r = found.rival
    assert (r.rows, r.split, r.prompt, r.unanswered) == (20, "test", "zero-shot", 0)
    assert (r.unparsed, r.refused, r.cut) == (4, 2, 0)
    assert r.accuracy.value == 14 / 20 and r.accuracy.method == "wilson"
    assert r.accuracy.low < 0.7 < r.accuracy.high
    t = r.versus
    assert t.n == 20 and t.difference == pytest.approx(r.own_accuracy.value - 0.7)
    assert r.usd_per_1k == pytest.approx(float(1000 * ROW_USD))
    assert (r.input_tokens, r.output_tokens, r.reasoning_tokens) == (300, 8, 2)
    assert 0 < r.p50_ms <= r.p95_ms and found.own_p50_ms > 0
    assert api.most_at_once <= 3 and set(api.asked.values()) == {1}
    assert set(api.asked) <= {text for text, _ in rows("test_en.csv")}
    assert "I would say" in " ".join(r.notes)


def test_what_was_sent_is_what_the_price_page_prices(place):
    with FakeApi(right) as api:
        rival(spec(api.url, rows=1))
    facts = read_facts(OUT, None)
    system, user = (m["content"] for m in api.bodies[0]["messages"])
    assert facts.price.prompt.startswith(system + "\n\n")
    assert facts.price.prompt.count(user) == 0 and user in GOLD
    assert all(f"- {label}\n" in system for label in facts.data.labels)
    data = stored_dataset(OUT, facts)
    prompt = build(TextClassification(), data.labels)
    assert facts.price.prompt == prompt.shown(data.valid.inputs[0])
    assert facts.price.input_tokens == round(prompt.tokens(data.valid.inputs).mean())
    assert api.bodies[0]["messages"] == prompt.messages(user)


def test_facts_report_price_and_a_second_run_keep_it(place):
    with FakeApi(right) as api:
        found = rival(spec(api.url, provider="aws", model="amazon.nova-micro-v1:0")).rival

    def check() -> None:
        facts = read_facts(OUT, None)
        assert facts.rivals_measured == [found]
        marked = [p for p in facts.price.rivals if p.accuracy]
        assert [(p.provider, p.model) for p in marked] == [("aws", "amazon.nova-micro-v1:0")]
        assert "not measured" not in marked[0].note and "100.0" in marked[0].note
        page = Path(facts.report).read_text(encoding="utf-8")
        assert "amazon.nova-micro-v1:0" in page and "on the same 20 test rows" in page
        assert "20 test" in page and "100.0" in page

    check()
    assert price(PriceSpec(usd_per_core_hour=0.02)).rivals[0].accuracy is not None
    check()
    report(ReportSpec())
    check()
    assert run(run_spec()).rivals_measured == [found]
    check()


def test_another_model_does_not_keep_what_was_measured_against_the_first(place):
    with FakeApi(right) as api:
        rival(spec(api.url, rows=3))
    write_csv(Path("small.csv"), rows("support_en.csv")[:-40])
    assert run(run_spec()).rivals_measured == []


def test_the_ledger_has_every_row_once_and_the_sum_of_the_bills(place):
    with FakeApi(right) as api:
        for _ in range(3):
            found = rival(spec(api.url))
    assert found.asked_now == 0 and sum(api.asked.values()) == 20
    lines = api_lines()
    sums = {}
    for e in lines:
        sums[e.unit] = sums.get(e.unit, Decimal(0)) + e.quantity
        assert "0.5 USD in and 2 USD out" in e.note and e.measured
    assert sums["api_request"] == 20 and sums["api_input_token"] == 6000
    assert sums["api_output_token"] == 160
    assert abs(sums["api_usd"] - 20 * ROW_USD) <= Decimal("0.000001")
    assert abs(Book(OUT / "ledger.sqlite").usd("rival:", Rates()) - 20 * ROW_USD) < Decimal(
        "0.00001"
    )
    assert found.rival.spent_usd == pytest.approx(float(20 * ROW_USD))


def test_more_rows_pay_for_the_new_ones_only(place):
    with FakeApi(right) as api:
        rival(spec(api.url, rows=10))
        found = rival(spec(api.url, rows=25))
        assert found.rival.rows == 25 and found.asked_now == 15
        assert set(api.asked.values()) == {1}
        rival(spec(api.url, rows=5, examples=5))  # another prompt is another question
        assert sum(api.asked.values()) == 30


def test_examples_are_shown_and_are_never_the_rows_asked(place):
    with FakeApi(right) as api:
        found = rival(spec(api.url, examples=10))
    assert found.rival.prompt == "10 examples"
    train = {text for text, _ in rows("support_en.csv")}
    shown = {m["content"] for b in api.bodies for m in b["messages"][1:-1] if m["role"] == "user"}
    assert len(shown) == 10 and shown <= train and not shown & set(api.asked)


def test_missing_usage_is_counted_and_said_to_be(place):
    with FakeApi(lambda t, n, b: completion(GOLD[t])) as api:
        found = rival(spec(api.url, rows=6)).rival
    assert found.tokens_counted == 6 and "counted with o200k" in " ".join(found.notes)
    assert found.input_tokens > 50 and found.usd_per_1k > 0
    assert not any(e.measured for e in api_lines())


def test_the_cap_stops_the_asking_and_what_was_answered_is_compared(place):
    dear = usage(20_000, 400)  # far over the estimate: 0.0108 USD a row
    with FakeApi(lambda t, n, b: completion(GOLD[t], usage=dear)) as api:
        found = rival(spec(api.url, max_usd=0.05, concurrency=2)).rival
    assert 1 < found.rows < 5 and found.unanswered == 20 - found.rows
    assert found.spent_usd <= 0.05 and "cap of 0.05 USD" in " ".join(found.notes)
    with FakeApi(right) as api, pytest.raises(UndercutError) as caught:
        rival(spec(api.url, max_usd=0.0001))
    assert caught.value.code == "rival-cap" and not api.bodies


def test_a_resumed_call_counts_what_was_spent_before(place):
    dear = usage(20_000, 400)
    with FakeApi(lambda t, n, b: completion(GOLD[t], usage=dear)) as api:
        first = rival(spec(api.url, max_usd=0.05)).rival
        with pytest.raises(UndercutError) as caught:
            rival(spec(api.url, max_usd=0.05))
        assert caught.value.code == "rival-cap" and "spent before" in str(caught.value)
        again = rival(spec(api.url, max_usd=0.05, rows=2)).rival  # answered before: free
        assert again.rows == 2 and sum(api.asked.values()) == first.rows


def test_a_row_that_always_fails_is_left_out_and_a_dead_server_stops_the_work(place):
    poison = min(text for text, _ in rows("test_en.csv"))

    def script(text, number, body):
        return (
            error(500, "boom", {"retry-after": "0"})
            if text == poison
            else right(text, number, body)
        )

    with FakeApi(script) as api:
        found = rival(spec(api.url, rows=1000)).rival
        assert found.unanswered == 1 and "left out: " in " ".join(found.notes)
        assert found.rows == len({t for t, _ in rows("test_en.csv")}) - 1
    with FakeApi(lambda *_: error(500, "down", {"retry-after": "0"})) as api:
        with pytest.raises(UndercutError) as caught:
            rival(spec(api.url, concurrency=1))
        assert caught.value.code == "rival-unanswered" and len(api.bodies) == 6


def test_a_wrong_key_stops_at_once_and_keeps_nothing_of_it(place):
    refuse = error(401, f"Incorrect API key provided: {KEY}")
    with FakeApi(lambda *_: refuse) as api, pytest.raises(UndercutError) as caught:
        rival(spec(api.url, concurrency=2))
    assert caught.value.code == "rival-key" and KEY not in str(caught.value)
    assert len(api.bodies) <= 2 and not (OUT / "rivals").exists() and not api_lines()


def test_without_yes_it_asks_and_a_no_sends_nothing(place):
    asked = []
    with FakeApi(right) as api:
        with pytest.raises(UndercutError) as caught:
            rival(spec(api.url, yes=False), confirm=lambda q: bool(asked.append(q)))
        assert caught.value.code == "rival-declined" and "20 requests for about 0." in asked[0]
        with pytest.raises(UndercutError) as caught:
            rival(spec(api.url, yes=False))
        assert caught.value.code == "confirm-none" and not api.bodies
        assert rival(spec(api.url, yes=False), confirm=lambda q: True).asked_now == 20


def test_without_test_rows_the_model_that_never_saw_the_validation_rows_is_compared(place):
    facts = read_facts(Path("no-test"), None)
    promoted = next(v for v in facts.variants if v.promoted)
    assert promoted.chosen_folder and promoted.chosen_folder != promoted.folder
    with FakeApi(right) as api:
        found = rival(spec(api.url, rows=1000, workspace=Path("no-test"))).rival
    assert found.split == "validation" and found.rows == facts.data.rows_valid
    assert found.own_accuracy.value == pytest.approx(facts.valid.accuracy.value)
    assert "flatter" in " ".join(found.notes)
    stripped = [v.model_copy(update={"chosen_folder": ""}) for v in facts.variants]
    path = Path(facts.report).with_name("facts.json")
    path.write_text(
        facts.model_copy(update={"variants": stripped}).model_dump_json(), encoding="utf-8"
    )
    with FakeApi(right) as api, pytest.raises(UndercutError) as caught:
        rival(spec(api.url, workspace=Path("no-test")))
    assert caught.value.code == "rival-rows" and not api.bodies


def test_rows_of_a_file_the_model_has_learnt_from_are_left_out(place):
    train, test = rows("support_en.csv"), rows("test_en.csv")
    mixed = write_csv(Path("mixed.csv"), [*train[:30], *test[:15]])
    with FakeApi(right) as api:
        found = rival(spec(api.url, data=[mixed], rows=1000)).rival
    learnt = {text for text, _ in train}
    assert found.split == "mixed.csv" and not set(api.asked) & learnt
    assert found.rows == sum(text not in learnt for text, _ in test[:15])
    assert "has learnt them" in " ".join(found.notes)
    strange = write_csv(Path("strange.csv"), [("hello there", "no_such_label")] * 3)
    with FakeApi(right) as api, pytest.raises(UndercutError) as caught:
        rival(spec(api.url, data=[strange]))
    assert caught.value.code == "label-unknown" and not api.bodies


def test_test_rows_the_model_has_learnt_are_left_out(place):
    leaked = rows("support_en.csv")[:9]
    write_csv(Path("small_test.csv"), [*rows("test_en.csv"), *leaked])
    run(run_spec())
    with FakeApi(right) as api:
        found = rival(spec(api.url, rows=1000)).rival
    assert not set(api.asked) & {text for text, _ in leaked}
    assert "9 rows of" in " ".join(found.notes) and found.split == "test"


def test_what_is_missing_on_the_command_line_is_named(place):
    done = subprocess.run(
        [sys.executable, "-m", "undercut", "rival"], capture_output=True, text=True
    )
    assert done.returncode == 2
    assert "--base-url on the command line" in done.stderr and "--model on the" in done.stderr


def test_no_price_no_request(place):
    with FakeApi(right) as api, pytest.raises(UndercutError) as caught:
        rival(spec(api.url, usd_per_million_input=None, usd_per_million_output=None))
    assert caught.value.code == "rival-unpriced" and not api.bodies


def test_the_key_is_in_no_file_of_the_workspace(place, capfd):
    with FakeApi(
        lambda t, n, b: completion(f"key {KEY}" if n % 2 else GOLD[t], usage=USAGE)
    ) as api:
        rival(spec(api.url))
    assert set(api.keys) == {f"Bearer {KEY}"}
    for path in place.rglob("*"):
        if path.is_file():
            assert KEY.encode() not in path.read_bytes(), path
    out, err = capfd.readouterr()
    assert KEY not in out + err


def command(url: str, *more: str) -> list[str]:
    return [
        sys.executable, "-m", "undercut", "rival", "--base-url", url, "--model", "cheap-1",
        "--key-env", "RIVAL_KEY", "--usd-per-million-input", "0.5", "--usd-per-million-output", "2",
        "--rows", "30", "--concurrency", "1", "--json", *more,
    ]  # fmt: skip


def test_killed_and_started_again_it_never_asks_for_a_row_twice(place):
    """Killed while an answer is on its way: only the row under way may be asked again."""
    hold, over = threading.Event(), threading.Event()

    def script(text, number, body):
        if number == 12:
            hold.set()
            over.wait(300)  # never answered: longer than any machine takes for the rest
        return right(text, number, body)

    with FakeApi(script) as api:
        going = subprocess.Popen(
            command(api.url, "--yes"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert hold.wait(60)
        going.send_signal(signal.SIGKILL)
        going.communicate(timeout=30)
        journal = next((OUT / "rivals").glob("*/answers.jsonl"))
        assert len(journal.read_text().splitlines()) == 11
        with journal.open("a") as f:
            f.write('{"row": "torn')  # as if killed in the middle of a line
        done = subprocess.run(
            command(api.url, "--yes"), capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        assert max(api.asked.values()) == 1 and sum(api.asked.values()) == 30
        assert len(api.bodies) == 31
        over.set()
    document = json.loads(done.stdout)
    assert document["rival"]["rows"] == 30 and document["asked_now"] == 19
    assert document["accuracy"] == 1.0 and document["usd_per_1k"] > 0
    assert len([e for e in api_lines() if e.unit == "api_request"]) == 30
    assert len(journal.read_text().splitlines()) == 30


def test_control_c_keeps_the_answers_that_arrive(place):
    reached = threading.Event()

    def script(text, number, body):
        if number == 6:
            reached.set()
        time.sleep(0.3)
        return right(text, number, body)

    with FakeApi(script) as api:
        going = subprocess.Popen(
            command(api.url, "--yes"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert reached.wait(60)
        going.send_signal(signal.SIGINT)
        _, errors = going.communicate(timeout=30)
        assert going.returncode == 130 and "Traceback" not in errors
        kept = next((OUT / "rivals").glob("*/answers.jsonl")).read_text().splitlines()
        assert len(kept) == sum(api.asked.values())
        assert len([e for e in api_lines() if e.unit == "api_request"]) == len(kept)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize("answer", ["y", "no"])
def test_on_a_terminal_it_shows_the_estimate_and_asks(place, answer):
    import pty

    mine, theirs = pty.openpty()
    with FakeApi(right) as api:
        going = subprocess.Popen(
            command(api.url), stdin=theirs, stderr=theirs, stdout=subprocess.PIPE
        )
        os.close(theirs)
        shown = b""
        while b"[y/N]" not in shown:
            shown += os.read(mine, 4096)
        assert b"30 rows of test for cheap-1" in shown.replace(b"\r\n", b" ") and not api.bodies
        os.write(mine, f"{answer}\n".encode())
        reader = threading.Thread(target=_drain, args=(mine,), daemon=True)
        reader.start()
        out, _ = going.communicate(timeout=60)
        assert len(api.bodies) == (30 if answer == "y" else 0)
    assert going.returncode == (0 if answer == "y" else 2)
    assert answer == "no" or json.loads(out)["rival"]["rows"] == 30


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 4096):
            pass
    except OSError:
        pass


def test_the_ledger_is_shown_with_one_line_a_unit(place):
    from undercut.cli.ledger import ledger
    from undercut.core.specs_results import LedgerSpec

    with FakeApi(right) as api:
        rival(spec(api.url, rows=7))
    shown = [row for row in ledger(LedgerSpec()).rows if row[0].startswith("rival:")]
    assert len(shown) == 4
    quantity = {row[3]: row[4] for row in shown}
    assert quantity["api_request"] == "7.000" and quantity["api_input_token"] == "2100.000"


def test_off_a_terminal_it_wants_yes_and_an_edited_journal_is_named(place):
    with FakeApi(right) as api:
        done = subprocess.run(
            command(api.url), capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60
        )
        assert done.returncode == 2 and "--yes" in done.stderr and not api.bodies
        rival(spec(api.url, rows=5))
        journal = next((OUT / "rivals").glob("*/answers.jsonl"))
        lines = journal.read_text().splitlines()
        journal.write_text("\n".join([lines[0], "edited", *lines[2:]]) + "\n")
        with pytest.raises(UndercutError) as caught:
            rival(spec(api.url, rows=5))
        assert caught.value.code == "rival-journal" and "answers.jsonl:2" in str(caught.value)
