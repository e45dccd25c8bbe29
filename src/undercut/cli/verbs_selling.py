"""The commands that make a model ready to be sold, each built when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from undercut.cli.command import Positional, make
from undercut.core.specs_selling import LicencesSpec, SignSpec

ARTEFACT = Positional("artefact", "Artefact folder, or the name of a run.", files=True)


def _sign() -> Callable[..., None]:
    def call(spec: SignSpec, terminal: Any) -> Any:
        from undercut.cli.selling import SignResult
        from undercut.pipeline.selling.sign import sign

        return SignResult(sign(spec))

    return make("sign", SignSpec, call, (ARTEFACT,))


def _licences() -> Callable[..., None]:
    def call(spec: LicencesSpec, terminal: Any) -> Any:
        from undercut.cli.selling import LicencesResult
        from undercut.pipeline.selling.licences import licences

        return LicencesResult(licences(spec))

    return make("licences", LicencesSpec, call, (ARTEFACT,))


BUILDERS = {
    "sign": _sign,
    "licences": _licences,
}
