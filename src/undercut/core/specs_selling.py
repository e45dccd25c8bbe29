"""Specs of the verbs around a model that is sold: signatures and licences."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from undercut.core.specs import PlaceSpec


class SignSpec(PlaceSpec):
    """Sign an artefact with a private key, or check its signature with the public one."""

    artefact: Path | None = Field(None, description="Artefact folder, or the name of a run.")
    key: Path | None = Field(
        None,
        description="Private Ed25519 key in PEM, as --new-key or openssl makes it; the artefact "
        "is signed with it. Its passphrase, if any, in UNDERCUT_SIGNING_PASSPHRASE.",
    )
    verify: Path | None = Field(
        None, description="Public key in PEM: check the artefact against it, change nothing."
    )
    new_key: Path | None = Field(
        None, description="Make a private key in this file, and the public one in FILE.pub."
    )


class LicencesSpec(PlaceSpec):
    """Say whether the licences of a model's base and data allow that it is sold."""

    artefact: Path | None = Field(None, description="Artefact folder, or the name of a run.")
    base_licence: str = Field(
        "", description="Licence of the base model, such as MIT, where it is not known."
    )
    data_licence: str = Field(
        "", description="Licence of the data, where the artefact does not say it; own for yours."
    )
