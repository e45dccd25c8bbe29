"""HTTPS by flags: what is refused before the server listens, and one real handshake."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from serving.live import Live
from undercut.core.errors import UndercutError
from undercut.serving.options import ServeOptions
from undercut.serving.tls import check_tls

PEM = serialization.Encoding.PEM


def pair(folder, name, *, begins=-1, ends=30, passphrase=None):
    """Write a certificate for localhost, in force from day to day, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    cert = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=begins))
        .not_valid_after(now + timedelta(days=ends))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    how = (
        serialization.BestAvailableEncryption(passphrase)
        if passphrase
        else serialization.NoEncryption()
    )
    cert_file, key_file = folder / f"{name}.crt", folder / f"{name}.key"
    cert_file.write_bytes(cert.public_bytes(PEM))
    key_file.touch(mode=0o600)
    key_file.write_bytes(key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, how))
    return cert_file, key_file


def test_every_wrong_pair_is_refused_with_its_reason(tmp_path):
    good, key = pair(tmp_path, "good")
    other, other_key = pair(tmp_path, "other")
    check_tls(ServeOptions(tls_cert=good, tls_key=key))
    check_tls(ServeOptions())
    (tmp_path / "text").write_text("no certificate")
    cases = [
        (good, None, "tls-pair", "--tls-key"),
        (None, key, "tls-pair", "--tls-cert"),
        (good, other_key, "tls-file", "mismatch"),
        (tmp_path / "none", tmp_path / "no", "tls-file", "No such file"),
        (tmp_path / "text", key, "tls-file", "pem"),
        (*pair(tmp_path, "old", begins=-9, ends=-1), "tls-certificate", "expired"),
        (*pair(tmp_path, "new", begins=1), "tls-certificate", "not yet valid"),
        (*pair(tmp_path, "closed", passphrase=b"x"), "tls-passphrase", "openssl pkey"),
    ]
    for cert, its_key, code, words in cases:
        with pytest.raises(UndercutError) as error:
            check_tls(ServeOptions(tls_cert=cert, tls_key=its_key))
        assert error.value.code == code and words in str(error.value), str(error.value)
    key.chmod(0o644)
    with pytest.raises(UndercutError, match="chmod 600"):
        check_tls(ServeOptions(tls_cert=good, tls_key=key))


def test_a_server_behind_flags_speaks_https_only(artefact, tmp_path):
    cert, key = pair(tmp_path, "live")
    flags = ("--host", "0.0.0.0", "--tls-cert", str(cert), "--tls-key", str(key))
    server = Live(artefact, tmp_path, *flags)
    try:
        url = server.url.replace("0.0.0.0", "localhost")
        assert url.startswith("https://")
        headers = {"authorization": f"Bearer {server.key}"}
        trust = ssl.create_default_context(cafile=cert)
        with httpx.Client(base_url=url, verify=trust, headers=headers, timeout=60) as http:
            found = http.post("/v1/predict", json={"inputs": "a"})
            assert found.status_code == 200
            assert "max-age" in found.headers["strict-transport-security"]
        with pytest.raises(httpx.HTTPError):
            httpx.get(url.replace("https", "http") + "/healthz", timeout=60)
    finally:
        assert server.stop() == 0
