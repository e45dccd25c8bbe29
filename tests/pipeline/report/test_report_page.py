"""The page: one file, nothing from outside, nothing of the user's read as HTML, nothing left out."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipeline.evaluation_fixture import evaluation
from pipeline.facts_fixture import CHINESE, ENGLISH, rival_facts, run_facts
from undercut.pipeline.facts import RunFacts
from undercut.pipeline.report.figures.all import figures
from undercut.pipeline.report.page import page, write_report
from undercut.pipeline.report.png import MISSING, Plots
from undercut.pipeline.rival.measured import with_rival

FIGURES = [
    "accuracy-cost", "confusion", "weakest", "reliability", "coverage", "learning", "month",
    "crossing", "steps",
]  # fmt: skip
VOID = {"meta", "br", "hr", "img", "link", "input", "path"}
HOSTILE = "</title></style><script>alert(1)</script>\"' onload=x <img src=http://evil.example/x>"


class Reader(HTMLParser):
    """Collects elements, ids, references and visible text, and checks that tags are closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    def all(self, name: str) -> list[str]:
        return [a[name] or "" for _, a in self.elements if name in a]

    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


def read(facts: RunFacts) -> Reader:
    return Reader(page(facts, figures(facts), Plots()))


def hostile() -> RunFacts:
    facts = run_facts()
    labels = [HOSTILE, "b & c"]
    scored = evaluation(labels, [HOSTILE], 60, 0.8, "test")
    promoted = facts.variants[-2].model_copy(update={"name": HOSTILE, "note": HOSTILE})
    return facts.model_copy(
        update={
            "data": facts.data.model_copy(
                update={
                    "name": HOSTILE, "labels": labels, "class_counts": dict.fromkeys(labels, 3),
                    "warnings": [HOSTILE], "licence": HOSTILE,
                }
            ),
            "test": scored, "valid": scored, "variants": [promoted], "promoted": HOSTILE,
            "rungs": [facts.rungs[0].model_copy(update={"reason": HOSTILE, "rung": HOSTILE})],
            "costs": [facts.costs[0].model_copy(update={"step": HOSTILE})],
            "price": facts.price.model_copy(
                update={
                    "prompt": HOSTILE, "verdict": HOSTILE, "price_floor_basis": HOSTILE,
                    "rates": {HOSTILE: HOSTILE}, "floors": {HOSTILE: 1.0},
                    "waterfall": {HOSTILE: 3.0},
                    "rivals": [
                        facts.price.rivals[0].model_copy(update={"model": HOSTILE, "note": HOSTILE})
                    ],
                }
            ),
            "next_quality": [HOSTILE], "next_command": HOSTILE, "artefact": HOSTILE,
            "rivals_measured": [
                rival_facts(HOSTILE, note=HOSTILE).model_copy(
                    update={"split": HOSTILE, "price": HOSTILE, "prompt": HOSTILE}
                )
            ],
        }
    )  # fmt: skip


def empty() -> RunFacts:
    """Return a run that knows as little as a run can."""
    facts = run_facts(test=False)
    labels = ["no", "yes"]
    scored = evaluation(labels, ["a"], 40, 0.9, "validation").model_copy(
        update={"confusions": [], "mistakes": [], "reliability": [], "coverage": []}
    )
    price = facts.price.model_copy(
        update={
            "requests_per_month": None, "rivals": [], "waterfall": {}, "floors": {}, "rates": {},
            "break_even_requests_per_month": None, "price_floor_usd_per_1k": None, "verdict": "",
            "prompt": "", "price_floor_basis": "",
        }
    )  # fmt: skip
    data = facts.data.model_copy(
        update={"labels": labels, "class_counts": {}, "warnings": [], "unknown_token_share": None}
    )
    return facts.model_copy(
        update={
            "data": data, "valid": scored, "rungs": [], "variants": [], "costs": [],
            "price": price, "next_quality": [], "curve": None,
        }
    )  # fmt: skip


CASES = {
    "77 classes": run_facts(),
    "Chinese, no test split": run_facts("zh", test=False),
    "two hostile classes": hostile(),
    "as little as there can be": empty(),
    "a rival asked": with_rival(run_facts(), rival_facts()),
}


@pytest.mark.parametrize("case", CASES)
def test_nothing_comes_from_outside(case: str) -> None:
    found = read(CASES[case])
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "link", "iframe", "img", "object", "embed", "base", "form"}
    for reference in found.all("href"):
        assert reference.startswith("#") and reference[1:] in found.all("id")
    assert not found.all("src") and not found.all("xlink:href")
    assert not [name for _, a in found.elements for name in a if name.startswith("on")]
    (policy,) = [a["content"] for t, a in found.elements if a.get("http-equiv")]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    html = page(CASES[case], figures(CASES[case]), Plots())
    css = html[html.index("<style>") : html.index("</style>")]
    assert "url(" not in css and "@import" not in css


@pytest.mark.parametrize("case", CASES)
def test_ids_are_unique_and_labels_exist(case: str) -> None:
    found = read(CASES[case])
    ids = found.all("id")
    assert len(ids) == len(set(ids))
    for reference in found.all("aria-labelledby"):
        assert set(reference.split()) <= set(ids)


def test_what_the_user_wrote_is_shown_as_letters() -> None:
    facts = hostile()
    found = read(facts)
    assert "alert(1)" in found.words()
    html = page(facts, figures(facts), Plots())
    assert "<script" not in html and "<img" not in html
    # Every place it was put in comes out, escaped.
    assert html.count("&lt;script&gt;alert(1)") > 30


@pytest.mark.parametrize("case", ["77 classes", "Chinese, no test split"])
def test_every_figure_has_its_chart_and_its_table(case: str) -> None:
    facts = CASES[case]
    found = read(facts)
    ids = found.all("id")
    assert sorted(figures(facts)) == sorted(FIGURES)
    for name in FIGURES:
        assert name in ids
        for width in ("wide", "narrow"):
            assert f"{name}-{width}-t" in ids, "the chart is drawn for both widths"
    assert "Nothing to draw here." not in found.words()


def test_missing_pieces_are_said_in_words() -> None:
    words = read(CASES["as little as there can be"]).words()
    for said in (
        "No verdict: prices or measurements are missing.",
        "There is no test split: these rows were also used to choose, so the figures flatter.",
        "Not worked out: the volume is not known. Give --requests-per-month.",
        "Not known: no rival has a price.",
        "No rival API has a known price at that date.",
        "No variant was made in this run.",
        "No variant with a measured cost: there is nothing to draw.",
        "No variant was compressed, so the gate had nothing to test.",
        "The ledger has no CPU-seconds for this run.",
        "No row was answered wrongly.",
        "No rows were scored.",
        "Not measured: --no-learning-curve was given.",
        "The checks found nothing to warn about.",
        "Nothing in this run shows what would raise quality.",
    ):
        assert said in words, said
    assert not re.search(r"\b(None|nan|inf)\b", words)


def test_the_page_holds_what_it_promises() -> None:
    facts = CASES["77 classes"]
    words = read(facts).words()
    wanted = [
        facts.price.verdict, facts.next_command, facts.artefact, facts.report,
        *facts.next_quality, *facts.data.warnings, facts.data.hash, facts.data.licence,
        *(r.reason for r in facts.rungs), *(v.name for v in facts.variants),
        *(v.gate.reason for v in facts.variants if v.gate), *(c.step for c in facts.costs),
        *(r.model for r in facts.price.rivals), *facts.price.rates.values(),
        " ".join(facts.price.prompt.split()), *ENGLISH,
        *(m.row for m in facts.test.mistakes),
    ]  # fmt: skip
    for text in wanted:
        assert text in words, text
    assert f"priced {facts.price.rivals[0].priced_at}" in words
    assert words.count("accuracy not measured") > len(facts.price.rivals)
    assert words.count("refused") >= 2 and words.count("needs-rows") >= 2


def test_a_rival_that_was_asked_is_measured_wherever_it_is_named() -> None:
    facts = CASES["a rival asked"]
    words, before = read(facts).words(), read(CASES["77 classes"]).words()
    for said in (
        "This model is right more often than gpt-4o-mini: 94.0 % against 82.0 % on the same 200 "
        "test rows (p 0.0007)",
        "gpt-4o-mini cost $68.6 per million requests; this model costs less from",
        "82.0 % accuracy on 200 rows (test, 8 examples, asked 2026-11-21)",
        "412 / 1 280", "5 / 2 / 1", "$0.0137", "a note",
    ):  # fmt: skip
        assert said in words, said
        assert said not in before, said
    assert "Rival APIs; accuracy where it was measured" in words
    assert words.count("gpt-4o-mini $19.2, 82.0 %") == 3  # once in each width of the chart
    assert "No rival was asked" in before and "No rival was asked" not in words


def test_figures_follow_the_facts() -> None:
    facts = CASES["77 classes"]
    changed = facts.model_copy(
        update={
            "cost_usd": 4.25,
            "test": evaluation(ENGLISH, ["x"], 770, 0.8, "test", 11),
        }
    )
    before, after = read(facts).words(), read(changed).words()
    assert "$4.25" in after and "$4.25" not in before
    assert "770 rows of the test split" in after.replace("\u202f", "")
    assert "770 rows of the test split" not in before.replace("\u202f", "")


def test_chinese_is_kept() -> None:
    found = read(CASES["Chinese, no test split"])
    for label in CHINESE:
        assert label in found.words()
    drawn = page(CASES["Chinese, no test split"], figures(CASES["Chinese, no test split"]), Plots())
    svgs = "".join(re.findall(r"<svg.*?</svg>", drawn, re.S))
    assert all(f">{label}</text>" in svgs for label in CHINESE)


def test_same_facts_same_bytes(tmp_path: Path) -> None:
    facts = CASES["Chinese, no test split"]
    first, second = (write_report(facts, tmp_path / name).parent for name in "ab")
    written = [p.relative_to(first) for p in sorted(first.rglob("*")) if p.is_file()]
    assert len(written) == 1 + len(FIGURES)
    for name in written:
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_without_matplotlib_the_page_says_how_to_get_the_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    said: list[str] = []
    html = write_report(run_facts(), tmp_path, said.append).read_text(encoding="utf-8")
    assert said == [MISSING]
    assert "pip install &#34;undercut[plots]&#34;" in html
    assert not (tmp_path / "plots").exists()
    assert Reader(html).all("href") and "plots/" not in " ".join(Reader(html).all("href"))


TOKEN = re.compile(r"--(\w+): (#[0-9a-f]{3,6})")


def luminance(colour: str) -> float:
    """Return relative luminance (WCAG 2.2, section 1.4.3)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast_is_at_least_4_5(scheme: str) -> None:
    html = page(run_facts(), figures(run_facts()), Plots())
    block = html.split(":root {")[1 if scheme == "light" else 2].split("}")[0]
    tokens = dict(TOKEN.findall(block))
    pairs = [(name, "paper") for name in ("ink", "muted", "accent", "good", "bad", "warn")]
    for name, ground in [*pairs, ("ink", "soft")]:
        high, low = sorted(map(luminance, (tokens[name], tokens[ground])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (name, ground)
    assert set(re.findall(r"<text [^>]*?fill:var\(--(\w+)\)", html)) <= {"ink", "muted", "accent"}
