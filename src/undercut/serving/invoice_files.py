"""An invoice as CSV, JSON and HTML."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from undercut.serving.invoice import Invoice
from undercut.store.files import content_hash, whole_files

FORMS = ("csv", "json", "html")
COLUMNS = ("what", "key_id", "key_name", "plan", "model", "requests", "inputs", "tokens")


@cache
def _template() -> Any:
    here = FileSystemLoader(Path(__file__).parent)
    return Environment(loader=here, autoescape=True, undefined=StrictUndefined).get_template(
        "invoice.html"
    )


def _cell(text: object) -> object:
    """Return a name so that a spreadsheet does not take it for a formula."""
    return f"'{text}" if isinstance(text, str) and text[:1] in ("=", "+", "-", "@") else text


def as_csv(invoice: Invoice) -> str:
    """Return the lines and the total; amounts in exact USD."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, "usd"])
    for line in invoice.lines:
        writer.writerow([*(_cell(getattr(line, c)) for c in COLUMNS), f"{line.usd:.6f}"])
    writer.writerow(["total", *[""] * (len(COLUMNS) - 1), f"{invoice.total:.6f}"])
    return out.getvalue()


def as_json(invoice: Invoice) -> str:
    """Return the record; amounts in integer micro-dollars, and the total in USD beside it."""
    told = invoice.model_dump(mode="json") | {"total_usd": f"{invoice.total:.6f}"}
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def as_html(invoice: Invoice) -> str:
    """Return a page that stands alone."""
    return str(_template().render(invoice=invoice))


def file_name(invoice: Invoice) -> str:
    """Return a name without an ending: of the customer, in letters any file system takes."""
    plain = re.sub(r"[^\w-]+", "-", invoice.customer).strip("-")[:40]
    return f"{invoice.month}-{plain or 'customer'}-{content_hash(invoice.customer)[:6]}"


def write_invoices(made: Sequence[Invoice], folder: Path) -> list[Path]:
    """Write every invoice in every form, all files or none; return their paths."""
    forms = {"csv": as_csv, "json": as_json, "html": as_html}
    texts = {
        folder / f"{file_name(invoice)}.{form}": forms[form](invoice)
        for invoice in made
        for form in FORMS
    }
    with whole_files(texts) as files:
        for f, text in zip(files, texts.values(), strict=True):
            f.write(text)
    return list(texts)
