"""Options of the ``serve`` verb: the only place where they are written down."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from undercut.core.specs import Spec
from undercut.core.specs_serving import StoreSpec

Count = Annotated[int, Field(ge=1)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Limits(Spec):
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


class ServeOptions(StoreSpec):
    """Answer POST /v1/predict, behind API keys, with every request metered."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        default=8_000, description="Port to listen on; 0 takes a free one."
    )
    keys: bool = Field(
        default=True,
        description="Ask for an API key; the first start makes one and shows it once.",
    )
    new_key: str | None = Field(
        default=None, description="Make one more key of this name at the start and show it once."
    )
    tls_cert: Path | None = Field(
        default=None,
        description="Certificate in PEM, the chain below it included: the server speaks HTTPS.",
    )
    tls_key: Path | None = Field(
        default=None,
        description="Private key of --tls-cert in PEM, without a passphrase; not readable by "
        "everybody.",
    )
    behind_proxy: bool = Field(
        default=False,
        description="Another program on the way ends TLS: allow an address other than loopback "
        "with keys and without --tls-cert.",
    )
    insecure: bool = Field(
        default=False,
        description="Allow an address other than loopback without API keys or without TLS.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(),
        description="Host names accepted besides the address itself when no key is asked for.",
    )
    require_signature: Path | None = Field(
        default=None,
        description="Public key in PEM: serve only artefacts signed with its private key "
        "(undercut sign).",
    )
    licences_acknowledged: bool = Field(
        default=False,
        description="With --plans: serve a model although a licence of its base or data forbids "
        "selling, because its owner gave leave.",
    )
    backend: str | None = Field(default=None, description="Runtime; the measured best by default.")
    threads: Count | None = Field(
        default=None, description="Cores the model may use; all of this process by default."
    )
    journal_sync: bool = Field(
        default=False,
        description="Force each usage record to the disk before answering (power loss).",
    )
    access_log: bool = Field(
        default=False, description="One line a request on stderr; it never holds texts or keys."
    )
    feedback_days: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Delete corrections after this many days; kept by default."
    )
    redact: bool = Field(
        default=False,
        description="Mask personal data (addresses, numbers with check digits) in corrections "
        "before they are stored.",
    )
    memory_mb: Count | None = Field(
        default=None,
        description="What the models may take together, megabytes: the least recently used are "
        "unloaded, and loaded again when they are asked; no limit by default.",
    )
    release_folder: tuple[Path, ...] = Field(
        default=(),
        description="Folders that artefacts to be promoted may lie in, besides the workspace and "
        "where the served ones lie.",
    )
    fresh: bool = Field(
        default=False,
        description="Serve what is named here, whatever was promoted before. By default a start "
        "that names the same artefacts goes on with what was promoted over them.",
    )
    limits: Limits = Field(default_factory=lambda: Limits(), description="What is accepted.")
