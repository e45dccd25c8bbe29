"""What is found out about a cascade: the result of the verb, the JSON and the page."""

from __future__ import annotations

from pydantic import Field

from undercut.core.types import Metric, Record
from undercut.measures.record import PairedTest


class RuleFacts(Record):
    """A rule, and what it did on the rows."""

    pattern: str
    label: str
    kind: str
    where: str = Field(description="file and row it was written at")
    rows: int = Field(description="rows it would answer, after the rules let in before it")
    right: int
    precision: float | None = Field(description="share of these with its label; none without rows")
    precision_low: float = Field(description="lower 95 % bound, one-sided, exact")
    let_in: bool
    reason: str


class TierFacts(Record):
    """One tier: what it is alone, and what it does in the cascade."""

    name: str
    artefact: str = Field(description="hash")
    fixed: bool = Field(description="it answers whenever it says something, as rules do")
    threshold: float | None = Field(description="passes on below this; none for the last tier")
    accuracy: Metric = Field(description="alone, on the rows thresholds were chosen on")
    drop_upper: float = Field(description="upper 95 % bound of its loss against the last tier")
    calibration_error: float = Field(description="of its confidence, on the rows it speaks on")
    test_accuracy: Metric | None = Field(None, description="alone, on the test rows")
    texts_per_second: float | None = Field(description="alone, end to end; none where not timed")
    usd_per_1k: float = Field(description="alone, USD per 1,000 requests, machine fully used")
    reached: float = Field(description="share of requests that get as far as this tier")
    answered: float = Field(description="share of requests it answers")


class CurveFacts(Record):
    """One set of thresholds."""

    thresholds: list[float]
    accuracy: float = Field(description="on the rows thresholds were chosen on")
    escalated: float = Field(description="share that the first model passes on")
    usd_per_1k: float = Field(description="from the shares and the tiers' own costs")
    measured_usd_per_1k: float | None = Field(None, description="end to end, where it was timed")
    test_accuracy: float | None = None
    chosen: bool = False


class CacheFacts(Record):
    """What caches did on a stream of texts."""

    texts: int
    escalated: int = Field(description="texts the first tier passed on: only these are looked up")
    hits: int = Field(description="answered by the cache of exact texts")
    near_hits: int = Field(description="answered by the cache of near texts")
    hit_share: float = Field(description="hits of both kinds among the texts looked up")
    differ: int = Field(description="near hits whose answer is not what the model would have said")
    texts_per_second: float = Field(description="with the cache, on this stream")
    texts_per_second_without: float


class CascadeFacts(Record):
    """The result of ``cascade``."""

    name: str
    artefact: str = Field(description="folder of the artefact")
    hash: str
    pays: bool
    verdict: str = Field(description="whether it pays, in a sentence with its figures")
    goal: str
    margin: str = Field(description="how the optimism of choosing on validation is allowed for")
    split: str = Field(description="where the rows are from that thresholds were chosen on")
    rows: int
    accuracy: Metric = Field(description="of the cascade on these rows, so optimistic")
    drop_upper: float = Field(description="upper 95 % bound of the loss against the last tier")
    cross_fitted_accuracy: float | None = Field(
        description="of the whole choice on rows it was not made on; none when folds are too small"
    )
    optimism: float | None = Field(description="accuracy less the cross-fitted one")
    test_split: str = ""
    test_accuracy: Metric | None = None
    test_versus_last: PairedTest | None = Field(
        None, description="on the test rows: the last tier alone is A, the cascade B"
    )
    texts_per_second: float = Field(description="end to end, raw text to label")
    usd_per_1k: float = Field(description="end to end, machine fully used, API included")
    parts_usd_per_1k: float = Field(description="what shares and tiers' own costs would give")
    threads: int
    processor: str
    against: str = Field(description="the single model it is compared with")
    times_cheaper: float = Field(description="that model's USD over the cascade's")
    tiers: list[TierFacts]
    curve: list[CurveFacts]
    rules: list[RuleFacts] = Field(default_factory=list)
    cache: CacheFacts | None = None
    notes: list[str] = Field(default_factory=list)
    report: str = ""
    plots: list[str] = Field(default_factory=list)
