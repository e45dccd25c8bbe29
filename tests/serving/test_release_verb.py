"""``undercut release`` against two real servers on one store, under load, over a restart."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx
import pytest

from serving.live import Live
from serving.shops import ANSWERS, variants
from undercut.cli.app import main
from undercut.core.errors import UndercutError
from undercut.core.specs_release import ReleaseSpec
from undercut.core.specs_serving import KeysSpec, StoreSpec
from undercut.serving.keys import SCOPES
from undercut.serving.keys_verb import keys
from undercut.serving.release_verb import release

KEY = "UNDERCUT_ADMIN_KEY"


def test_two_servers_promote_roll_back_and_restart_with_no_failed_request(
    tmp_path, monkeypatch, capsys
):
    always = variants(tmp_path / "models")
    store = StoreSpec(database=str(tmp_path / "store.sqlite"), pepper=tmp_path / "pepper")
    made = keys(KeysSpec(action="create", key="a", scopes=list(SCOPES), **store.model_dump()))
    monkeypatch.setenv(KEY, str(made.secret))
    options = ("--database", str(store.database), "--pepper", str(store.pepper), "--threads", "1")
    one = Live(always[0], tmp_path / "one", *options)
    two = Live(always[0], tmp_path / "two", *options)
    statuses: list[int] = []
    seen: dict[str, set[str]] = {one.url: set(), two.url: set()}
    ended = threading.Event()

    def load(url: str) -> None:
        head = {"authorization": f"Bearer {made.secret}"}
        with httpx.Client(base_url=url, headers=head, timeout=60) as http:
            while not ended.is_set():
                answer = http.post("/v1/predict", json={"inputs": ["a", "b"]})
                statuses.append(answer.status_code)
                seen[url].add(answer.json()["predictions"][0]["label"])

    def reached(label: str) -> None:
        """Wait until both servers have answered with a label."""
        for _ in range(3_000):
            if all(label in labels for labels in seen.values()):
                return
            threads[0].join(0.01)
        raise AssertionError(f"{label} was not answered by both: {seen}")

    threads = [threading.Thread(target=load, args=(s.url,)) for s in (one, two) for _ in range(2)]
    for t in threads:
        t.start()
    try:
        reached(ANSWERS[0])
        act = {"url": one.url, "name": "tiny"}
        release(ReleaseSpec(action="promote", artefact=str(always[1]), force=True, **act))
        reached(ANSWERS[1])
        for labels in seen.values():
            labels.clear()
        release(ReleaseSpec(action="rollback", url=two.url))
        reached(ANSWERS[0])
        release(ReleaseSpec(action="promote", artefact=str(always[2]), force=True, **act))
        reached(ANSWERS[2])
    finally:
        ended.set()
        for t in threads:
            t.join()
    assert set(statuses) == {200} and len(statuses) > 50
    two.stop()
    with pytest.raises(SystemExit) as done:
        main(["release", "show", "--url", one.url, "--json"])
    assert done.value.code == 0
    told = json.loads(capsys.readouterr().out)["releases"][0]
    assert told["release"]["change"] == 4
    assert Path(told["release"]["live"]["folder"]) == always[2].resolve()
    one.stop()
    again = Live(always[0], tmp_path / "one", *options)
    head = {"authorization": f"Bearer {made.secret}"}
    answer = httpx.post(f"{again.url}/v1/predict", json={"inputs": "x"}, headers=head, timeout=60)
    assert again.stop() == 0
    assert answer.json()["predictions"][0]["label"] == ANSWERS[2]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"action": "push"}, "release-action"),
        ({"action": "rollback", "artefact": "x"}, "release-option"),
        ({"action": "show", "force": True}, "release-option"),
        ({"action": "show"}, "release-key"),
    ],
)
def test_what_makes_no_sense_is_refused_before_anything_is_asked(given, code, monkeypatch):
    monkeypatch.delenv(KEY, raising=False)
    with pytest.raises(UndercutError) as refused:
        release(ReleaseSpec(**given))
    assert refused.value.code == code
