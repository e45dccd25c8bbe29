"""``kill -9`` of a real server under load: what was answered is billed, once, and nothing is held."""

from __future__ import annotations

import signal
import threading

import httpx
import sqlalchemy as sa

from serving.live import Live
from undercut.core.specs_serving import KeysSpec, StoreSpec
from undercut.serving.budgets.balances import balance_of
from undercut.serving.database import open_database
from undercut.serving.keys_verb import keys
from undercut.serving.tables import reservations, usage

PLANS = '[plans.payg]\nkind = "payg"\nprice = { usd_per_1k_inputs = "0.5" }\n'


def test_killed_twice_under_load(artefact, tmp_path):
    plans = tmp_path / "plans.toml"
    plans.write_text(PLANS)
    place = StoreSpec(workspace=tmp_path / "ws", plans=plans)
    made = keys(KeysSpec(action="create", key="a", plan="payg", usd_total=1, **place.model_dump()))
    answered: list[str] = []

    def load(url: str) -> None:
        head = {"authorization": f"Bearer {made.secret}"}
        with httpx.Client(base_url=url, headers=head, timeout=60) as http:
            while True:
                try:
                    answer = http.post("/v1/predict", json={"inputs": ["a", "退款"]})
                except httpx.HTTPError:
                    return  # killed
                if answer.status_code == 200:
                    answered.append(answer.json()["request_id"])

    for n in (1, 2):
        server = Live(artefact, tmp_path, "--plans", str(plans))
        threads = [threading.Thread(target=load, args=(server.url,)) for _ in range(4)]
        for t in threads:
            t.start()
        while len(answered) < 40 * n:
            assert server.process.poll() is None
            threads[0].join(0.01)
        server.stop(signal.SIGKILL)
        for t in threads:
            t.join()
    assert Live(artefact, tmp_path, "--plans", str(plans)).stop() == 0
    database = open_database(place.store)
    with database.connect() as db:
        charges = {r.request_id: r.micro_usd for r in db.execute(sa.select(usage))}
        held = db.execute(sa.select(sa.func.count()).select_from(reservations)).scalar()
        whole = db.exec_driver_sql("PRAGMA integrity_check").scalar()
    assert len(answered) == len(set(answered)) >= 80
    assert set(answered) <= set(charges) and set(charges.values()) == {1000}
    assert len(charges) <= len(answered) + 2 * 4  # one cut-off answer a caller and kill, at most
    total = balance_of(database, made.keys[0].id, "total")
    assert total["micro_usd"] == sum(charges.values()) and total["requests"] == len(charges)
    assert held == 0 and whole == "ok"
