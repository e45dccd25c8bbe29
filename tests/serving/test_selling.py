"""Before a model is sold: its signature, and the licences it stands on."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from undercut.cli.app import main
from undercut.core.errors import UndercutError
from undercut.core.types import BaseModelRef
from undercut.models.encoder.base import ALIASES
from undercut.pipeline.selling.licences import licences_of, selling
from undercut.serving.model_opening import check_artefact
from undercut.serving.options import ServeOptions
from undercut.store import artefacts, signature

PLANS = '[plans.payg]\nkind = "payg"\nprice = { usd_per_1k_inputs = "1" }\n'


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return folder / "own.key", signature.new_key(folder / "own.key")


@pytest.fixture
def copy(artefact, tmp_path):
    return shutil.copytree(artefact, tmp_path / "copy")


def refused(act, *given) -> UndercutError:
    with pytest.raises(UndercutError) as error:
        act(*given)
    return error.value


def typed(*words: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(list(words))
    return end.value.code or 0


def test_every_file_is_under_the_signature(copy, keys):
    private, public = keys
    assert private.stat().st_mode & 0o777 == 0o600
    assert refused(signature.verify, copy, public).code == "signature-missing"
    signed = signature.sign(copy, private)
    assert signature.verify(copy, public) == signed
    assert {"manifest.json", "README.md"} < set(signed) and signature.SIGNATURE not in signed
    artefacts.read_manifest(copy)  # a signed artefact is still one
    for name in signed:
        kept = (copy / name).read_bytes()
        for changed in (kept + b" ", None):
            (copy / name).unlink() if changed is None else (copy / name).write_bytes(changed)
            if name == "manifest.json" and changed is None:
                assert refused(signature.verify, copy, public).code == "artefact-missing"
            else:
                found = refused(signature.verify, copy, public)
                assert found.code == "signature-files" and name in str(found)
            (copy / name).write_bytes(kept)
    (copy / "more.json").write_text("{}")
    assert "more.json" in str(refused(signature.verify, copy, public))
    (copy / "more.json").unlink()
    (copy / "link.json").symlink_to(copy / "manifest.json")
    assert "a link" in str(refused(signature.verify, copy, public))
    assert "a link" in str(refused(signature.sign, copy, private))


def test_another_key_or_an_edited_signature_is_refused(copy, keys, tmp_path):
    private, public = keys
    other = signature.new_key(tmp_path / "other.key")
    signature.sign(copy, private)
    assert refused(signature.verify, copy, other).code == "signature-invalid"
    path = copy / signature.SIGNATURE
    whole = json.loads(path.read_text())
    (copy / "manifest.json").write_text((copy / "manifest.json").read_text() + " ")
    files = signature._files(copy)
    for text in (
        json.dumps(whole | {"files": files}),  # the hashes of what is there, under the old seal
        json.dumps(whole | {"signature": "AA=="}),
        json.dumps(whole | {"signature": "no base64"}),
        json.dumps([whole]),
        "{",
    ):
        path.write_text(text)
        assert refused(signature.verify, copy, public).code == "signature-invalid", text


def test_wrong_keys_say_what_they_are(copy, keys, tmp_path, monkeypatch):
    private, public = keys
    (tmp_path / "text").write_text("no key")
    for act, key in (
        (signature.sign, public),
        (signature.sign, tmp_path / "text"),
        (signature.sign, tmp_path / "none"),
        (signature.verify, private),
    ):
        assert refused(act, copy, key).code == "signature-key"
    assert refused(signature.new_key, private).code == "file-exists"
    monkeypatch.setenv(signature.PASSPHRASE, "一二三")
    public = signature.new_key(tmp_path / "closed.key")
    signature.sign(copy, tmp_path / "closed.key")
    monkeypatch.delenv(signature.PASSPHRASE)
    signature.verify(copy, public)
    assert refused(signature.sign, copy, tmp_path / "closed.key").code == "signature-key"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_makes_such_keys(copy, tmp_path):
    private, public = tmp_path / "k", tmp_path / "k.pub"
    make = ["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(private)]
    subprocess.run(make, check=True, capture_output=True)
    tell = ["openssl", "pkey", "-in", str(private), "-pubout", "-out", str(public)]
    subprocess.run(tell, check=True, capture_output=True)
    assert signature.sign(copy, private) == signature.verify(copy, public)


def test_sign_and_serve_as_they_are_typed(copy, keys, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    private, public = map(str, keys)
    assert typed("serve", str(copy), "--require-signature", public) == 2
    assert "signature-missing" in capsys.readouterr().err
    assert typed("sign", str(copy), "--key", private) == 0
    assert typed("sign", str(copy), "--verify", public, "--json") == 0
    assert '"act": "verified"' in capsys.readouterr().out
    check_artefact(copy, ServeOptions(require_signature=public))
    assert typed("sign", str(copy)) == 2
    assert typed("sign", str(copy), "--key", private, "--verify", public) == 2
    assert typed("sign", "--new-key", "mine.key") == 0
    assert (tmp_path / "mine.key.pub").exists()


@pytest.mark.parametrize(
    ("licence", "verdict"),
    [
        ("MIT", "yes"),
        ("Apache 2.0", "yes"),
        ("own", "yes"),
        ("CC-BY-4.0", "conditions"),
        ("CC BY-SA 4.0", "conditions"),
        ("CC-BY-NC-4.0", "no"),
        ("cc-by-nc-sa-2.5", "no"),
        ("Home-made, for research only", "no"),
        ("free for non commercial use", "no"),
        ("仅供学术研究", "no"),
        ("Home-made 1.0", "unknown"),
        ("INC licence", "unknown"),
        ("", "unknown"),
    ],
)
def test_what_a_licence_allows(licence, verdict):
    assert selling(licence)[0] == verdict


@given(st.text(max_size=40))
def test_an_unheard_licence_never_allows(text):
    assert selling(f"{text} zzqq")[0] in ("unknown", "no")


def test_the_gate_names_base_and_data(copy, tmp_path, capsys):
    (tmp_path / "plans.toml").write_text(PLANS)
    sold = ServeOptions(plans=tmp_path / "plans.toml")
    (alone,) = licences_of(copy).licences
    assert (alone.of, alone.selling) == ("data", "unknown")
    check_artefact(copy, sold)  # unknown is said, and not taken for allowed
    assert "licence of the data" in capsys.readouterr().err

    own = BaseModelRef(name="minilm", sha256=ALIASES["minilm"].sha256)
    artefacts.amend(copy, base=own, data_licence="CC-BY-4.0")
    assert [x.selling for x in licences_of(copy).licences] == ["yes", "conditions"]
    assert "CC-BY-4.0" in (copy / "README.md").read_text()
    same_name = BaseModelRef(name="minilm", sha256="0" * 64)
    artefacts.amend(copy, base=same_name)
    assert licences_of(copy).licences[0].selling == "unknown"

    theirs = BaseModelRef(name="naver/splade-cocondenser-selfdistil", sha256="0" * 64)
    artefacts.amend(copy, base=theirs, data_licence="research only")
    found = refused(check_artefact, copy, sold)
    assert found.code == "licence-forbids" and len(found.problems) == 2
    check_artefact(copy, ServeOptions(plans=sold.plans, licences_acknowledged=True))
    check_artefact(copy, ServeOptions())  # nothing is sold
    assert typed("licences", str(copy)) == 2
    told = " ".join(capsys.readouterr().out.split())
    assert "CC-BY-NC-SA-4.0" in told and "no legal advice" in told


def test_stated_on_the_command_line(copy, capsys):
    artefacts.amend(copy, base=BaseModelRef(name="house", sha256="0" * 64))
    flags = ("--base-licence", "MIT", "--data-licence", "own", "--json")
    assert typed("licences", str(copy), *flags) == 0
    rows = json.loads(capsys.readouterr().out)["licences"]
    assert [r["selling"] for r in rows] == ["yes", "yes"]
