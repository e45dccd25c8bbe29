"""Several rows under way at a time, each answer kept before anything else is done with it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal

from undercut.core.contracts import Progress
from undercut.economics.api_price import ApiPrice
from undercut.economics.tokens import count_tokens
from undercut.models.api.client import Asked, RivalClient, Unanswered
from undercut.pipeline.rival.bill import Bill
from undercut.pipeline.rival.budget import Cap
from undercut.pipeline.rival.journal import Answer, Journal
from undercut.pipeline.rival.prompt import Prompt

FAILURES_IN_A_ROW = 3


@dataclass(frozen=True)
class Row:
    """A row to ask: its name, its text, and its input tokens counted offline."""

    key: str
    text: str
    tokens: int


@dataclass
class Outcome:
    """How it went.

    Attributes:
        answered: rows answered.
        failed: why each row without an answer has none.
        capped: rows not asked because of the cap.
    """

    answered: int = 0
    failed: list[str] = field(default_factory=list)
    capped: int = 0


def ask_rows(
    rows: Sequence[Row],
    prompt: Prompt,
    client: RivalClient,
    price: ApiPrice,
    cap: Cap,
    journal: Journal,
    bill: Bill,
    *,
    concurrency: int,
    ratio: float,
    most_output: int,
    stop: threading.Event,
    tick: Callable[[Progress], None],
) -> Outcome:
    """Ask rows in their order, as far as the cap allows.

    The thread that gets an answer writes it to the journal and the ledger before it returns, so an
    interrupt loses no answer that has arrived. A row that fails is left out; three in a row
    without an answer in between stop the work, for then it is the server and not the row.

    Raises:
        UndercutError: three rows failed in a row, or the server turned a request away for good.
    """
    outcome, in_a_row, next_row = Outcome(), 0, 0
    under_way: dict[Future[Answer], tuple[Row, Decimal]] = {}
    ratio, keeping = max(1.0, ratio), threading.Lock()

    def one(row: Row) -> Answer:
        answer = _answer(row, client.ask(prompt.messages(row.text)), price)
        with keeping:
            journal.append(answer)
            bill.add(answer)
        return answer

    with ThreadPoolExecutor(concurrency, thread_name_prefix="rival") as pool:
        try:
            while True:
                while len(under_way) < concurrency and next_row < len(rows):
                    row = rows[next_row]
                    worst = price.usd(round(row.tokens * ratio), most_output, 0, datetime.now(UTC))
                    if not cap.reserve(worst):
                        break
                    under_way[pool.submit(one, row)] = (row, worst)
                    next_row += 1
                if not under_way:
                    break
                for future in wait(under_way, return_when=FIRST_COMPLETED).done:
                    row, worst = under_way.pop(future)
                    try:
                        answer = future.result()
                    except Unanswered as e:
                        # Tries that were sent and never answered may be billed: they use up the
                        # cap, and are no quantity for the ledger.
                        cap.settle(worst, worst * e.lost)
                        outcome.failed.append(str(e))
                        in_a_row += 1
                        if in_a_row >= FAILURES_IN_A_ROW:
                            raise
                        continue
                    in_a_row = 0
                    cap.settle(worst, Decimal(answer.usd) + worst * answer.lost)
                    outcome.answered += 1
                    if not answer.counted and row.tokens:
                        ratio = max(ratio, answer.input_tokens / row.tokens)
                    note = f"{cap.spent:.4f} USD"
                    tick(Progress("rows", outcome.answered, len(rows), note))
        except BaseException:
            stop.set()
            raise
    outcome.capped = len(rows) - next_row
    return outcome


def _answer(row: Row, asked: Asked, price: ApiPrice) -> Answer:
    """Return what the journal keeps, billed at the price of this moment."""
    reply, now = asked.reply, datetime.now(UTC)
    usage = reply.usage or (row.tokens, int(count_tokens([reply.text])[0]), 0, 0)
    read, written, hidden, cached = usage
    return Answer(
        row=row.key,
        text=reply.text,
        refused=reply.refused,
        cut=reply.cut,
        input_tokens=read,
        output_tokens=written,
        reasoning_tokens=hidden,
        cached_tokens=cached,
        counted=reply.usage is None,
        usd=f"{price.usd(read, written, cached, now):f}",
        latency_ms=round(asked.latency_ms, 3),
        tries=asked.tries,
        lost=asked.lost,
        at=now.isoformat(timespec="milliseconds"),
    )
