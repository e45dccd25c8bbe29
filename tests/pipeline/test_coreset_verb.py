"""Chosen rows in a run, and rows picked to be labelled: files, figures, and clear errors."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pipeline.sets import INTENTS, rows, small, write_csv
from undercut.core import plugins
from undercut.core.errors import UndercutError
from undercut.core.specs_data import CoresetSpec
from undercut.core.specs_training import RunSpec
from undercut.data.load import load_dataset, load_examples
from undercut.ledger.book import Book
from undercut.pipeline.coreset.labelling import coreset
from undercut.pipeline.coreset.training import coreset_step, said
from undercut.pipeline.report.summary import summary
from undercut.pipeline.run import run
from undercut.pipeline.workspace import open_workspace

TASK = "text-classification"


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("coreset")
    small(folder)
    pairs = rows("support_en.csv")
    copies = [(f"{text.upper()}!", label) for text, label in pairs[:10]]
    write_csv(folder / "copies.csv", [*pairs, *copies])
    return folder


@pytest.fixture(scope="module")
def facts(place):
    return run(RunSpec(train=[place / "copies.csv"], test=[place / "small_test.csv"], threads=1,
                       workspace=place / "out", method="linear", coreset=60, usd_per_label=1.0,
                       requests_per_month=1000, horizon_months=1))  # fmt: skip


def test_a_run_learns_from_as_many_rows_as_asked(facts):
    chosen = facts.data.coreset
    assert facts.data.rows_train == chosen.rows == chosen.asked == 60
    assert chosen.rows_before == facts.data.rows_labelled - facts.data.rows_valid - 85
    assert chosen.rows_before == 60 + chosen.exact + chosen.near + chosen.left_out
    assert chosen.exact + chosen.near >= 5  # some of the ten copies are on the validation side
    assert set(facts.data.labels) == set(INTENTS)
    assert facts.name == "copies-linear-coreset-60"
    assert any("60 of" in line for line in facts.data.warnings)


def test_the_report_shows_chosen_beside_random_rows(facts):
    curve = facts.curve
    chosen, drawn = ([p.rows for p in part] for part in (curve.points, curve.random))
    assert chosen[-1] == 60
    assert set(chosen) <= set(drawn)
    assert drawn[-1] == facts.data.coreset.rows_before
    assert curve.versus_random.n == facts.data.rows_valid
    at = {p.rows: p.quality.value for p in curve.random}
    assert curve.versus_random.difference == pytest.approx(curve.points[-1].quality.value - at[60])
    page = Path(facts.report).read_text(encoding="utf-8")
    assert "60 rows chosen against 60 at random" in page
    assert "60 of" in page
    assert "60 chosen of" in summary(facts).plain
    assert "coreset" in {c.step for c in facts.costs}


def test_labels_are_paid_for_whether_learnt_from_or_not(facts):
    assert facts.price.waterfall["labels"] == pytest.approx(facts.data.rows_labelled)


def step(place: Path, n: int, workspace: str = "steps", seed: int = 0):
    data, _ = load_dataset([place / "copies.csv"], [], [], task=TASK, seed=0)
    task = plugins.attr(plugins.get("task", TASK).load)()
    with open_workspace(place / workspace, lambda _: None) as ws:
        made, chosen = coreset_step(ws, data, task, n, seed, lambda _: None)
        return data, made, chosen, ws.steps[-1].cached


def test_the_data_keeps_its_order_labels_and_held_out_rows(place):
    data, made, chosen, cached = step(place, 30)
    assert not cached
    at = {row: i for i, row in enumerate(data.train.rows)}
    order = [at[row] for row in made.train.rows]
    assert order == sorted(set(order)) == sorted(chosen.order.tolist())
    assert [data.train.inputs[i] for i in order] == list(made.train.inputs)
    assert [data.train.targets[i] for i in order] == list(made.train.targets)
    assert (made.labels, made.valid) == (data.labels, data.valid)
    assert chosen.whole is data
    assert made.hash != data.hash


def test_the_same_seed_chooses_the_same_and_does_no_work(place):
    _, first, _, _ = step(place, 30)
    _, again, _, cached = step(place, 30)
    _, fresh, _, worked = step(place, 30, "elsewhere")
    assert cached and not worked
    assert first.hash == again.hash == fresh.hash


def test_more_than_there_are_takes_all_that_differ_and_says_so(place):
    data, made, chosen, _ = step(place, 5000)
    assert chosen.facts.left_out == 0
    assert len(made.train) == chosen.facts.rows < len(data.train)
    assert "5,000 rows were asked for" in " ".join(said(chosen.facts))


def test_a_large_share_is_said_to_be_no_better_than_chance(place):
    data, _, chosen, _ = step(place, 200)
    assert "random draw" in " ".join(said(chosen.facts))
    assert "random draw" not in " ".join(said(step(place, 20)[2].facts))


def test_fewer_than_labels_is_an_error(place):
    with pytest.raises(UndercutError) as e:
        step(place, 4)
    assert e.value.code == "coreset-few"
    assert "5 labels" in str(e.value)


def test_as_many_as_labels_keeps_each(place):
    assert set(step(place, 5)[1].train.targets) == set(INTENTS)


# --- picking rows to label ----------------------------------------------------------------


def pool(folder: Path, known: int = 60) -> Path:
    """Write a file with an id, where the first rows have a label and the rest have not."""
    path = folder / "pool.csv"
    pairs = rows("support_en.csv")[::3] + rows("support_en.csv")[1::3]
    pairs.append((f"{pairs[0][0]} !", ""))  # a near copy of a labelled row
    with path.open("w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(["id", "text", "intent"])
        w.writerows([i, t, c if i < known else ""] for i, (t, c) in enumerate(pairs))
    return path


def pick(path: Path, n: int, **more):
    given = {"out": path.with_name("out.csv"), "workspace": path.with_name("ws")} | more
    return coreset(CoresetSpec(data=[path], coreset=n, **given))


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as f:
        return list(csv.DictReader(f))


def test_picked_rows_are_the_files_own_and_ready_to_be_labelled(tmp_path):
    path = pool(tmp_path)
    whole = read(path)
    got = pick(path, 20)
    made = read(tmp_path / "out.csv")
    assert len(made) == len(got.picked) == 20
    assert list(made[0]) == ["id", "text", "intent", "coreset_row", "coreset_reason"]
    for row, item in zip(made, got.picked, strict=True):
        line = int(row["coreset_row"].rpartition(":")[2])
        own = whole[line - 2]
        assert (own["id"], own["text"], own["intent"]) == (row["id"], row["text"], "")
        assert row["intent"] == ""
        assert row["coreset_reason"] == item.reason in ("uncertain", "diverse")
        assert item.likely in got.labels
    assert got.labelled == 60
    assert got.near + got.exact >= 1
    assert whole[-1]["id"] not in {row["id"] for row in made}
    assert Book(tmp_path / "ws" / "ledger.sqlite").entries("step:coreset-label:")
    assert sum(p.stands_for for p in got.picked) == got.rows - got.exact - got.near


def test_filled_in_it_is_learnt_from(tmp_path):
    path = pool(tmp_path)
    pick(path, 20)
    truth = {(r[0]): r[1] for r in rows("support_en.csv")}
    made = read(tmp_path / "out.csv")
    with (tmp_path / "done.csv").open("w", encoding="utf-8", newline="") as f:
        w = csv.DictWriter(f, list(made[0]))
        w.writeheader()
        w.writerows(r | {"intent": truth[r["text"]]} for r in made)
    labelled = [r for r in read(path) if r["intent"]]
    write_csv(tmp_path / "known.csv", [(r["text"], r["intent"]) for r in labelled])
    found, _ = load_examples([tmp_path / "done.csv"], "text-classification")
    assert list(found.targets) == [truth[r["text"]] for r in made]
    assert list(found.inputs) == [r["text"] for r in made]


def test_the_same_seed_picks_the_same_and_labels_elsewhere_count_alike(tmp_path):
    path = pool(tmp_path)
    first = pick(path, 15)
    assert pick(path, 15, force=True).picked == first.picked
    whole = read(path)
    write_csv(tmp_path / "known.csv", [(r["text"], r["intent"]) for r in whole if r["intent"]])
    with (tmp_path / "bare.txt").open("w", encoding="utf-8") as f:
        f.writelines(f"{r['text']}\n" for r in whole if not r["intent"])
    apart = pick(tmp_path / "bare.txt", 15, labelled=[tmp_path / "known.csv"], force=True)
    assert [p.text for p in apart.picked] == [p.text for p in first.picked]
    assert [p.row for p in apart.picked][:1] == [
        f"bare.txt:{1 + [r['text'] for r in whole if not r['intent']].index(apart.picked[0].text)}"
    ]


def test_without_any_label_rows_are_diverse(tmp_path):
    path = tmp_path / "bare.txt"
    texts = [t for t, _ in rows("support_zh.csv", INTENTS)]
    assert len(texts) > 50
    path.write_text("\n".join([*texts, *texts[:5]]) + "\n", encoding="utf-8")
    got = pick(path, 12)
    assert {p.reason for p in got.picked} == {"diverse"}
    assert {p.likely for p in got.picked} == {None}
    assert got.exact >= 5
    assert len({p.text for p in got.picked}) == 12
    made = read(tmp_path / "out.csv")
    assert list(made[0]) == ["text", "label", "coreset_row", "coreset_reason"]


def test_a_column_that_only_looks_like_labels_is_none(tmp_path):
    path = tmp_path / "mail.csv"
    with path.open("w", encoding="utf-8", newline="") as f:
        w = csv.writer(f)
        w.writerow(["text", "channel"])
        w.writerows(
            (t, "mail" if i % 2 else "chat") for i, (t, _) in enumerate(rows("test_en.csv"))
        )
    got = pick(path, 5)
    assert got.labelled == 0
    assert list(read(tmp_path / "out.csv")[0])[:3] == ["text", "channel", "label"]


def test_more_than_there_are_takes_all_and_says_so(tmp_path):
    got = pick(pool(tmp_path), 4000)
    assert len(got.picked) == got.rows - got.exact - got.near
    assert any("4,000 rows were asked for" in note for note in got.notes)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"data": []}, "data-none"),
        ({"out": "pool.csv", "force": True}, "coreset-out"),
        ({"out": "."}, "coreset-out"),
        ({"out": "there.csv"}, "file-exists"),
        ({"label_column": "nowhere"}, "data-columns"),
        ({"label_column": "text", "text_column": "text"}, "data-columns"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(tmp_path, change, code):
    path = pool(tmp_path)
    (tmp_path / "there.csv").write_text("mine")
    before = path.read_bytes()
    given = {"data": [path], "workspace": tmp_path / "ws", "out": "out.csv"} | change
    given["out"] = tmp_path / given["out"]
    with pytest.raises(UndercutError) as e:
        coreset(CoresetSpec(coreset=5, **given))
    assert e.value.code == code
    assert path.read_bytes() == before
    assert (tmp_path / "there.csv").read_text() == "mine"
    assert not (tmp_path / "out.csv").exists()


def test_a_file_with_every_label_says_what_is_meant_for_it(tmp_path):
    with pytest.raises(UndercutError) as e:
        pick(write_csv(tmp_path / "all.csv", rows("test_en.csv")), 5)
    assert e.value.code == "coreset-all-labelled"
    assert "undercut run FILE --coreset N" in str(e.value)


def test_rows_all_like_labelled_ones_leave_nothing(tmp_path):
    path = tmp_path / "pool.csv"
    pairs = rows("test_en.csv")[:20]
    write_csv(path, [*pairs, *((t.upper(), "") for t, _ in pairs)])
    with pytest.raises(UndercutError) as e:
        pick(path, 5)
    assert e.value.code == "coreset-none"
    assert not (tmp_path / "out.csv").exists()
