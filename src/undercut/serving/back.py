"""What lies behind a server: its store, meter, keys and budgets."""

from __future__ import annotations

from undercut.ledger.book import Book
from undercut.serving.feedback import open_feedback
from undercut.serving.keys import KeyStore, keys_of
from undercut.serving.meter import open_meter
from undercut.serving.opening import check_plans, open_store
from undercut.serving.options import ServeOptions
from undercut.serving.plans import read_plans
from undercut.serving.till import Till


class Back:
    """What lies behind a server: its store, meter, keys and budgets; a context that closes them.

    Args:
        options: where they lie.

    Raises:
        UndercutError: a store cannot be opened, or another server uses it.
    """

    def __init__(self, options: ServeOptions) -> None:
        plans = read_plans(options.plans)
        self.database = open_store(options)
        self.feedback = open_feedback(self.database, options.feedback_days, options.redact)
        self.book = Book(options.ledger_file)
        journal = options.state / "journal"
        self.meter = open_meter(self.database, journal, self.book, sync=options.journal_sync)
        self.meter.chores.append(self.feedback.expire)
        self.keys: KeyStore | None = None
        self.till: Till | None = None
        if options.keys:
            self.keys = keys_of(self.database, options.pepper_file, plans)
            check_plans(self.keys, plans)
            self.till = Till(self.database, plans, self.meter.server)

    def __enter__(self) -> Back:
        return self

    def __exit__(self, *_: object) -> None:
        self.meter.close()
        if self.till is not None:
            self.till.close()
