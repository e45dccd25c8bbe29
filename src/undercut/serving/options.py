"""Options of the ``serve`` verb: the only place where they are written down."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from undercut.core.types import Record

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Limits(Record):
    """What one server accepts before it says no."""

    body_bytes: Annotated[int, Field(ge=1024, le=1 << 30)] = Field(
        default=1 << 20, description="Largest request body, bytes; above it 413."
    )
    request_inputs: Count = Field(
        default=256, description="Most texts in one request; above it 422."
    )
    text_characters: Count = Field(
        default=20_000, description="Longest text, Unicode characters; above it 422."
    )
    requests_in_flight: Count = Field(
        default=1_024, description="Most API requests being read or answered at once; above it 503."
    )
    queue_inputs: Count = Field(
        default=1_024,
        description="Most texts waiting for the model; above it 429 with Retry-After.",
    )
    batch_inputs: Count = Field(default=64, description="Most texts the model is given at once.")
    batch_tokens: Count = Field(
        default=4_096, description="Most tokens the model is given at once."
    )
    deadline_seconds: Seconds = Field(
        default=10.0,
        description="Longest time from a request's arrival to its answer; after it 504.",
    )


class ServeOptions(Record):
    """How an artefact is served."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=8_000, description="Port to listen on; 0 takes a free one."
    )
    backend: str | None = Field(default=None, description="Runtime; the measured best by default.")
    threads: Count | None = Field(
        default=None, description="Cores the model may use; all of them by default."
    )
    workers: Count = Field(
        default=1,
        description="Batches in flight at once; above 1 only for a model that runs in parallel.",
    )
    keys_db: Path | None = Field(
        default=None, description="SQLite file of API keys; without it no key is asked for."
    )
    state_folder: Path = Field(
        default=Path("undercut-out/serving"),
        description="Folder for usage, feedback and the usage journal; one server at a time.",
    )
    journal_sync: bool = Field(
        default=False,
        description="Force each usage record to the disk before answering (power loss).",
    )
    insecure: bool = Field(
        default=False, description="Allow an address other than loopback without API keys."
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Host names accepted besides the address itself when no key is asked for.",
    )
    access_log: bool = Field(
        default=False, description="One line a request on stderr; it never holds texts or keys."
    )
    limits: Limits = Field(default_factory=lambda: Limits(), description="What is accepted.")
