"""Another variant under a served name: tried, promoted, rolled back; no request fails for it."""

from __future__ import annotations

import asyncio
import shutil

import pytest
import sqlalchemy as sa

from serving.inside import problem, until
from serving.shops import ANSWERS, shop, variants
from undercut.core.errors import UndercutError
from undercut.serving.audit import acts
from undercut.serving.keys import ORDINARY
from undercut.serving.releasing.record import Release, Variant, in_trial
from undercut.serving.releasing.store import ReleaseStore
from undercut.serving.tables import pairs, usage
from undercut.store import signature


@pytest.fixture(scope="module")
def always(tmp_path_factory):
    return variants(tmp_path_factory.mktemp("variants"))


def test_promoted_and_rolled_back_under_load_without_a_failed_request(tmp_path, always):
    async def go():
        async with shop(tmp_path, always[:1]) as it:
            found, ended = [], False

            async def caller():
                while not ended:
                    found.append(await it.ask(["a", "b"]))

            callers = [asyncio.create_task(caller()) for _ in range(8)]
            changed = []
            for act, body in (
                ("promote", {"artefact": str(always[1]), "force": True}),
                ("rollback", {}),
                ("promote", {"artefact": str(always[2]), "force": True}),
                ("rollback", {}),
                ("rollback", {}),
            ):
                before = len(found)
                await until(lambda n=before: len(found) >= n + 20, 20)
                changed.append(await it.act(act, **body))
            await until(lambda n=len(found): len(found) >= n + 20, 20)
            ended = True
            await asyncio.gather(*callers)
            it.back.meter.flush()
            with it.back.database.connect() as db:
                billed = dict(db.execute(sa.select(usage.c.request_id, usage.c.model)).all())
            return found, changed, billed

    found, changed, billed = asyncio.run(go())
    assert [r.status_code for r in changed] == [200] * 5
    assert {r.status_code for r in found} == {200}
    assert {p["label"] for r in found for p in r.json()["predictions"]} == set(ANSWERS)
    assert found[-1].json()["predictions"][0]["label"] == ANSWERS[2]
    said = {r.json()["request_id"]: r.json()["version"] for r in found}
    assert billed == said  # each by the variant that answered it
    by_version = {(r.json()["version"], r.json()["predictions"][0]["label"]) for r in found}
    assert len(by_version) == 3


def test_a_canary_answers_its_share_by_the_request_s_hash(tmp_path, always):
    async def go():
        async with shop(tmp_path, always[:1]) as it:
            found = await it.act("canary", artefact=str(always[1]), percent=30.0)
            trial = Release.model_validate(found.json()["release"]).trial
            answers = []
            for n in range(12):
                secret, key = it.back.keys.create(f"caller {n}", ("predict",))
                head = {"authorization": f"Bearer {secret}"}
                for _ in range(2):
                    body = {"inputs": "a text"}
                    said = await it.http.post("/v1/predict", json=body, headers=head)
                    answers.append((key.id, said.json()))
            pinned = await it.label(model=found.json()["release"]["live"]["version"])
            chosen = await it.label(model=found.json()["release"]["candidate"]["version"])
            again = [
                await it.http.post(
                    "/v1/predict", json={"inputs": "x"}, headers={"idempotency-key": "k-1"}
                )
                for _ in range(4)
            ]
            return trial, answers, pinned, chosen, [r.json() for r in again]

    trial, answers, pinned, chosen, again = asyncio.run(go())
    for key_id, a in answers:  # a key has one model for the whole trial
        drawn = in_trial(trial, key_id, 30.0)
        assert a["predictions"][0]["label"] == ANSWERS[1 if drawn else 0]
    assert (pinned, chosen) == (ANSWERS[0], ANSWERS[1])
    assert len({(a["request_id"], a["version"]) for a in again}) == 1
    some = {i for i in range(20_000) if in_trial("t", f"key_{i}", 30.0)}
    assert abs(len(some) / 20_000 - 0.3) < 0.015  # more than four standard errors
    assert some <= {i for i in range(20_000) if in_trial("t", f"key_{i}", 40.0)}


def test_a_shadow_is_compared_and_neither_seen_nor_billed(tmp_path, always):
    async def go():
        async with shop(tmp_path, always[:1]) as it:
            await it.act("shadow", artefact=str(always[1]))
            answers = [(await it.ask(["a", "b"])).json() for _ in range(10)]

            def written():
                it.releases.trials.flush()
                with it.back.database.connect() as db:
                    return db.execute(sa.select(sa.func.count()).select_from(pairs)).scalar() == 20

            await until(written, 20)
            for n, a in enumerate(answers):  # of the first inputs, callers say, 7 and 3 are right
                target = ANSWERS[0 if n < 7 else 1]
                body = {"request_id": a["request_id"], "index": 0, "target": target}
                assert (await it.http.post("/v1/feedback", json=body)).status_code == 200
            shown = (await it.http.get("/v1/admin/releases")).json()["releases"][0]["comparison"]
            refused = await it.act("promote")
            totals = it.back.meter.totals()
            forced = await it.act("promote", force=True)
            trail = acts(it.back.database)[-1]
            with it.back.database.connect() as db:
                left = db.execute(sa.select(sa.func.count()).select_from(pairs)).scalar()
            return answers, shown, refused, totals, forced, trail, left, await it.label()

    answers, shown, refused, totals, forced, trail, left, label = asyncio.run(go())
    assert {p["label"] for a in answers for p in a["predictions"]} == {ANSWERS[0]}
    assert [(t.requests, t.inputs) for t in totals] == [(10, 20)]
    assert (shown["pairs"], shown["alike"], shown["corrected"]) == (20, 0, 10)
    assert (shown["test"]["only_a"], shown["test"]["only_b"]) == (7, 3)
    assert shown["test"]["p_value"] == pytest.approx(2 * (1 + 10 + 45 + 120) * 0.5**10)
    assert shown["verdict"] == "unproven"  # ten rows cannot rule out a drop of one point
    assert "unproven" in problem(refused, 409, "release-unproven")["detail"]
    assert forced.json()["promoted_on"]["corrected"] == 10
    assert trail.act == "releases.promote" and trail.detail["forced"] is True
    assert left == 0 and label == ANSWERS[1]


def test_a_candidate_that_fails_hurts_nobody(tmp_path, always):
    class Broken:
        def predict(self, inputs):
            raise RuntimeError("broken")

    async def go(mode):
        async with shop(tmp_path / mode, always[:1]) as it:
            await it.act(mode, artefact=str(always[1]), percent=100.0)
            candidate = it.shelf.lane("tiny").now.candidate
            candidate.predictor.predict = Broken().predict
            labels = [await it.label() for _ in range(5)]

            def compared():
                return it.releases.state("tiny").comparison

            await until(lambda: compared().pairs == 5, 20)
            return labels, compared()

    for mode in ("shadow", "canary"):
        labels, shown = asyncio.run(go(mode))
        assert labels == [ANSWERS[0]] * 5
        assert (shown.alike, shown.verdict) == (0, "unproven")


def test_a_restart_keeps_what_was_promoted_and_another_artefact_replaces_it(tmp_path, always):
    async def start(folder, **options):
        async with shop(tmp_path, [folder], **options) as it:
            return await it.label(), it.releases.state("tiny").release

    async def promoted():
        async with shop(tmp_path, always[:1]) as it:
            await it.act("promote", artefact=str(always[1]), force=True)
            await it.act("shadow", artefact=str(always[2]))

    asyncio.run(promoted())
    label, kept = asyncio.run(start(always[0]))
    assert (label, kept.mode, kept.change) == (ANSWERS[1], "shadow", 3)
    assert asyncio.run(start(always[0], fresh=True))[0] == ANSWERS[0]
    label, other = asyncio.run(start(always[2]))
    assert (label, other.mode) == (ANSWERS[2], "")
    assert other.previous.version == kept.started.version


def test_another_server_on_the_store_follows(tmp_path, always):
    async def go():
        places = {"database": str(tmp_path / "one.sqlite"), "pepper": tmp_path / "pepper"}
        async with (
            shop(tmp_path / "a", always[:1], **places) as one,
            shop(tmp_path / "b", always[:1], **places) as two,
        ):
            await one.act("promote", artefact=str(always[1]), force=True)
            await until(lambda: two.shelf.infos[0].version != kept_version(two), 20)
            labels = await one.label(), await two.label()
            seen = two.releases.state("tiny").release.change
            with pytest.raises(UndercutError) as late:
                ReleaseStore(two.back.database).change(
                    "tiny", lambda r: r.rolled_back(), "x", "rollback", seen=seen - 1
                )
            return labels, late.value.code

    def kept_version(it):
        return it.releases.state("tiny").release.started.version

    labels, code = asyncio.run(go())
    assert labels == (ANSWERS[1], ANSWERS[1])
    assert code == "release-changed"


def test_what_cannot_be_served_is_refused_and_nothing_changes(tmp_path, always):
    async def go():
        async with shop(tmp_path, always[:1]) as it:
            elsewhere = tmp_path / "elsewhere"
            variants(elsewhere)
            torn = always[1].parent / "torn"
            if not torn.exists():
                torn.mkdir()
                for path in always[1].iterdir():
                    (torn / path.name).write_bytes(path.read_bytes())
                (torn / "dummy.safetensors").write_bytes(b"torn")
            refused = [
                (await it.act("promote", artefact=str(torn), force=True), 422, "artefact-changed"),
                (await it.act("shadow", artefact="no-such-run"), 422, "artefact-missing"),
                (
                    await it.act("canary", artefact=str(elsewhere / "always-1")),
                    422,
                    "release-place",
                ),
                (await it.act("shadow", artefact=str(always[0])), 409, "release-same"),
                (await it.act("promote", artefact=str(always[1])), 409, "release-unproven"),
                (await it.act("rollback"), 409, "release-none"),
                (await it.act("stop"), 409, "release-none"),
                (await it.act("stop", name="other"), 404, "release-name"),
                (await it.act("canary", percent=101.0), 422, "body-invalid"),
            ]
            return refused, await it.label(), it.releases.state("tiny").release.change

    refused, label, change = asyncio.run(go())
    for response, status, code in refused:
        problem(response, status, code)
    assert (label, change) == (ANSWERS[0], 1)


def test_every_admin_route_refuses_an_ordinary_key(tmp_path, always):
    async def go():
        async with shop(tmp_path, always[:1]) as it:
            secret, _ = it.back.keys.create("p", ORDINARY)
            spec = (await it.http.get("/openapi.json")).json()["paths"]
            ways = [
                (method.upper(), path.replace("{name}", "tiny").replace("{key_id}", "key_0"))
                for path, methods in spec.items()
                if path.startswith("/v1/admin/")
                for method in methods
            ]
            head = {"authorization": f"Bearer {secret}"}
            return ways, [
                await it.http.request(m, p, headers=head, json={"force": True}) for m, p in ways
            ]

    ways, refused = asyncio.run(go())
    assert len(ways) >= 8
    for response in refused:
        problem(response, 403, "key-scope")


def test_states_follow_from_each_other():
    one, two = Variant(folder="/a", version="aa"), Variant(folder="/b", version="bb")
    start = Release(name="x", started=one, live=one)
    tried = start.tried(two, "canary", 5.0)
    assert tried.change == 2 and tried.trial != start.trial
    assert tried.tried(two, "canary", 20.0).trial == tried.trial  # the evidence stays
    done = tried.promoted(two)
    assert (done.live, done.previous, done.mode) == (two, one, "")
    assert done.rolled_back().live == one
    assert done.restarted(one) == done  # the same command line again
    with pytest.raises(UndercutError):
        start.rolled_back()


def test_what_is_promoted_must_be_signed_where_that_is_required(tmp_path, always):
    public = signature.new_key(tmp_path / "own.key")
    served, signed, unsigned = (tmp_path / "m" / n for n in ("served", "signed", "unsigned"))
    for source, folder in zip(always, (served, signed, unsigned), strict=True):
        shutil.copytree(source, folder)
    for folder in (served, signed):
        signature.sign(folder, tmp_path / "own.key")

    async def go():
        async with shop(tmp_path, [served], require_signature=public) as it:
            refused = await it.act("shadow", artefact=str(unsigned))
            done = await it.act("promote", artefact=str(signed), force=True)
            return refused, done.status_code, await it.label()

    refused, status, label = asyncio.run(go())
    problem(refused, 422, "signature-missing")
    assert (status, label) == (200, ANSWERS[1])
