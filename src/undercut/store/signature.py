"""Ed25519 signatures of artefact folders: over the SHA-256 of every file there is.

The signature lies in the folder as ``signature.json``. What is signed names every file, manifest
and card included, so that a file changed, added or taken away breaks it. RFC 8032; keys are PEM
(PKCS#8 and SubjectPublicKeyInfo), as ``openssl genpkey -algorithm ed25519`` makes them.
"""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import Any

from undercut.core.errors import IntegrityError, MissingExtra, Problem, UndercutError, fail
from undercut.store.artefacts import MANIFEST
from undercut.store.files import canonical, sha256_file, write_json

SIGNATURE = "signature.json"
CONTEXT = "undercut artefact signature 1\n"
"""Comes before what is signed, so that the key's signature of anything else is none of this."""
PASSPHRASE = "UNDERCUT_SIGNING_PASSPHRASE"  # noqa: S105
SHOWN = 10


def new_key(path: Path) -> Path:
    """Make a private key that only its owner can read; return the file of the public one.

    Raises:
        UndercutError: one of the files is there already.
        MissingExtra: ``cryptography`` is absent.
    """
    crypto = _crypto()
    public = path.with_name(path.name + ".pub")
    if there := [p for p in (path, public) if p.exists()]:
        problem = [Problem("a file that is not there yet", "one", str(p)) for p in there]
        raise UndercutError("file-exists", problem)
    key = crypto.ed25519.Ed25519PrivateKey.generate()
    word = os.environ.get(PASSPHRASE, "").encode()
    s = crypto.serialization
    closed = s.BestAvailableEncryption(word) if word else s.NoEncryption()
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as f:
        f.write(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, closed))
    form = s.PublicFormat.SubjectPublicKeyInfo
    public.write_bytes(key.public_key().public_bytes(s.Encoding.PEM, form))
    return public


def sign(folder: Path, key_file: Path) -> dict[str, str]:
    """Sign every file of an artefact; an earlier signature is replaced.

    Returns:
        The files signed, path -> SHA-256.

    Raises:
        UndercutError: not an Ed25519 key in PEM, or a wrong passphrase.
        IntegrityError: the folder holds a link.
        MissingExtra: ``cryptography`` is absent.
    """
    key = _private(key_file)
    files = _files(folder)
    signature: bytes = key.sign(_message(files))
    kept = {"algorithm": "ed25519", "files": files, "signature": _text(signature)}
    write_json(folder / SIGNATURE, kept)
    return files


def verify(folder: Path, public_file: Path) -> dict[str, str]:
    """Check that an artefact is, file by file, what the holder of a key signed.

    Returns:
        The files, path -> SHA-256.

    Raises:
        UndercutError: not a public Ed25519 key in PEM.
        IntegrityError: no signature, one of another key, or files changed, added or gone; all of
            them are named.
        MissingExtra: ``cryptography`` is absent.
    """
    crypto = _crypto()
    public = _public(public_file)
    try:
        kept = json.loads((folder / SIGNATURE).read_text(encoding="utf-8"))
        signed = {str(k): str(v) for k, v in kept["files"].items()}
        signature = base64.b64decode(kept["signature"], validate=True)
    except FileNotFoundError:
        problem = Problem("a signed artefact", "no signature", str(folder), _MEND)
        raise IntegrityError("signature-missing", problem) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        problem = Problem("a signature", "something else", str(folder / SIGNATURE), _MEND)
        raise IntegrityError("signature-invalid", problem) from None
    try:
        public.verify(signature, _message(signed))
    except crypto.invalid:
        problem = Problem(f"a signature of the key {public_file}", "another", str(folder), _MEND)
        raise IntegrityError("signature-invalid", problem) from None
    files = _files(folder)
    problems = [
        Problem(
            "the file that was signed" if name in signed else "no file beside the signed ones",
            "none" if name not in files else "other content" if name in signed else "one",
            str(folder / name),
        )
        for name in sorted(signed.keys() | files.keys())
        if signed.get(name) != files.get(name)
    ]
    if problems:
        raise IntegrityError("signature-files", problems[:SHOWN])
    return files


_MEND = "Sign it where you trust it: undercut sign ARTEFACT --key KEYFILE."


def _message(files: dict[str, str]) -> bytes:
    return (CONTEXT + canonical(files)).encode("utf-8", "surrogatepass")


def _files(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file but the signature; no links: they lead elsewhere."""
    if not (folder / MANIFEST).is_file():
        raise fail("artefact-missing", expected="an artefact", found="none", where=str(folder))
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            problem = Problem("files and folders only", f"a link, {name}", str(folder))
            raise IntegrityError("signature-files", problem)
        if path.is_file() and name != SIGNATURE:
            found[name] = sha256_file(path)
    return found


class _Crypto:
    """What is used of ``cryptography``, loaded on use."""

    def __init__(self) -> None:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519

        self.serialization: Any = serialization
        self.ed25519: Any = ed25519
        self.invalid: type[Exception] = InvalidSignature
        self.unreadable = (ValueError, TypeError, UnsupportedAlgorithm)


def _crypto() -> _Crypto:
    try:
        return _Crypto()
    except ImportError:
        fix = 'Run: pip install "undercut[encrypt]"'
        problem = Problem("the packages of signing to be installed", "no cryptography", fix=fix)
        raise MissingExtra("extra-missing", problem) from None


def _private(path: Path) -> Any:
    crypto, word = _crypto(), os.environ.get(PASSPHRASE, "").encode() or None
    data = _read(path)
    try:
        key = crypto.serialization.load_pem_private_key(data, word)
    except crypto.unreadable as e:
        raise _not_a_key("private", path, str(e)) from None
    if not isinstance(key, crypto.ed25519.Ed25519PrivateKey):
        raise _not_a_key("private", path, type(key).__name__.strip("_"))
    return key


def _public(path: Path) -> Any:
    crypto = _crypto()
    data = _read(path)
    try:
        key = crypto.serialization.load_pem_public_key(data)
    except crypto.unreadable:
        raise _not_a_key("public", path, "something else") from None
    if not isinstance(key, crypto.ed25519.Ed25519PublicKey):
        raise _not_a_key("public", path, type(key).__name__.strip("_"))
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as e:
        raise _not_a_key("readable", path, str(e.strerror)) from None


def _not_a_key(kind: str, path: Path, found: str) -> UndercutError:
    return fail(
        "signature-key",
        expected=f"a {kind} Ed25519 key in PEM",
        found=found,
        where=str(path),
        fix="Make a pair: undercut sign --new-key FILE. A passphrase stands in " + PASSPHRASE + ".",
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
