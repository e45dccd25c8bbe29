"""The verb ``sign``."""

from __future__ import annotations

from pydantic import Field

from undercut.core.errors import fail
from undercut.core.specs_selling import SignSpec
from undercut.core.types import Record
from undercut.pipeline.places import find_artefact
from undercut.store import artefacts, signature


class Signed(Record):
    """What was done."""

    act: str = Field(description="signed, verified, or key made")
    artefact: str = ""
    hash: str = Field("", description="of the artefact")
    files: int = Field(0, description="files under the signature")
    key: str = Field("", description="file of the key")
    public: str = Field("", description="file of the public key, where a pair was made")


def sign(spec: SignSpec) -> Signed:
    """Make a pair of keys, sign an artefact, or check its signature.

    Raises:
        UndercutError: not exactly one of ``key``, ``verify`` and ``new_key``; no artefact; a wrong
            key; or an artefact that is not what its manifest or its signature says.
        MissingExtra: ``cryptography`` is absent.
    """
    given = [n for n in ("key", "verify", "new_key") if getattr(spec, n) is not None]
    if len(given) != 1:
        raise fail(
            "sign-what",
            expected="one of --key, --verify and --new-key",
            found=", ".join(f"--{n.replace('_', '-')}" for n in given) or "none",
            fix="First a pair, once: undercut sign --new-key signing.key",
        )
    if spec.new_key is not None:
        public = signature.new_key(spec.new_key)
        return Signed(act="key made", key=str(spec.new_key), public=str(public))
    if spec.artefact is None:
        raise fail("sign-what", expected="ARTEFACT on the command line", found="none")
    folder = find_artefact(spec.workspace, spec.artefact)
    manifest = artefacts.read_manifest(folder)
    act, key = ("signed", spec.key) if spec.key else ("verified", spec.verify)
    assert key is not None  # one of them was given
    files = (signature.sign if spec.key else signature.verify)(folder, key)
    told = artefacts.hash_of(manifest)
    return Signed(act=act, artefact=str(folder), hash=told, files=len(files), key=str(key))
