"""The ``invoice`` verb: every customer's invoice of a month, in three forms."""

from __future__ import annotations

from datetime import UTC, datetime

from undercut.core.errors import did_you_mean, fail
from undercut.core.specs_serving import InvoiceSpec
from undercut.core.types import Record
from undercut.serving.audit import note, whoami
from undercut.serving.invoice import Invoice, NotBilled, invoices
from undercut.serving.invoice_files import write_invoices
from undercut.serving.keys import keys_of
from undercut.serving.keys_verb import there
from undercut.serving.opening import open_store
from undercut.serving.plans import read_plans
from undercut.serving.usage_log import catch_up, last_whole_month


class Invoiced(Record):
    """What was written."""

    month: str
    invoices: tuple[Invoice, ...]
    not_billed: tuple[NotBilled, ...]
    files: tuple[str, ...]


def invoice(spec: InvoiceSpec) -> Invoiced:
    """Write the invoices of a month; the last whole one by default.

    Raises:
        UndercutError: no store, an unknown customer, or what
            :func:`undercut.serving.invoice.invoices` refuses; nothing is written then.
    """
    there(spec)
    month = spec.month or last_whole_month(datetime.now(UTC))
    plans = read_plans(spec.plans)
    database = open_store(spec)
    try:
        catch_up(spec, database)
        keys = keys_of(database, spec.pepper_file).list()
        made, left = invoices(database, keys, plans, month, spec.seller)
        if spec.customer is not None:
            known = [i.customer for i in made]
            made = [i for i in made if i.customer == spec.customer]
            if not made:
                raise fail(
                    "invoice-customer",
                    expected=f"a customer with requests or fees in {month}",
                    found=f"'{spec.customer}'",
                    fix=did_you_mean(spec.customer, known),
                )
        files = write_invoices(made, spec.out or spec.workspace / "invoices" / month)
        with database.begin() as db:
            for one in made:
                told = {"month": month, "micro_usd": one.total_micro_usd}
                note(db, whoami(), "invoice", one.customer, told)
    finally:
        database.dispose()
    return Invoiced(
        month=month,
        invoices=tuple(made),
        not_billed=tuple(left),
        files=tuple(str(f) for f in files),
    )
