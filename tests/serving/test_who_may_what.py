"""Keys at every route there is: nobody without one, nobody beyond it, and every refusal alike."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from serving.inside import inside
from serving.stand_ins import prediction
from undercut.serving.key_record import ORDINARY
from undercut.serving.schemas import ModelInfo

OPEN = {"/", "/healthz", "/readyz", "/openapi.json"}
"""What anybody may ask: the page, whether the server lives, and what it offers."""
OTHER = ModelInfo(name="secret-model", version="cd" * 32, labels=("yes", "no"))


class Yes:
    def predict(self, inputs):
        return [prediction("yes") for _ in inputs]


def operations(app) -> list[tuple[str, str]]:
    """Return method and path of every route, with something in the place of parameters."""
    found = []
    for route in app.routes:
        path = route.path
        for name in getattr(route, "param_convertors", {}):
            path = path.replace("{" + name + "}", "key_0")
        found += [(m, path) for m in sorted(route.methods or ()) if m != "HEAD"]
    return found


def test_every_route_but_the_open_ones_asks_for_a_key(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            del it.http.headers["authorization"]
            walked = [o for o in operations(it.app) if o[1] not in OPEN]
            return [(o, (await it.http.request(*o)).status_code) for o in walked]

    found = asyncio.run(go())
    assert len(found) >= 6
    assert [o for o, status in found if status != 401] == []


def test_every_admin_route_refuses_an_ordinary_key(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            ordinary, _ = it.keys.create("ordinary", ORDINARY)
            acts = [o for o in operations(it.app) if o[1].startswith("/v1/admin")]
            found = []
            for operation in acts:
                headers = {"authorization": f"Bearer {ordinary}"}
                got = await it.http.request(*operation, headers=headers, json={})
                found.append((operation, got.status_code, "'admin'" in got.text))
            return found, [k.revoked_at for k in it.keys.list()]

    found, revoked = asyncio.run(go())
    assert len(found) >= 2
    assert all(status == 403 and said for _, status, said in found), found
    assert revoked == [None, None]


def test_a_key_without_a_scope_gets_nowhere_else(tmp_path):
    """Each scope opens its own routes only: a key with none but one is refused by all others."""

    async def go():
        async with inside(tmp_path) as it:
            walked = [o for o in operations(it.app) if o[1] not in OPEN]
            opened = {}
            for scope in (*ORDINARY, "admin"):
                secret, _ = it.keys.create(scope, [scope])
                headers = {"authorization": f"Bearer {secret}"}
                for o in walked:
                    got = await it.http.request(*o, headers=headers)
                    if got.status_code != 403:
                        opened.setdefault(o, set()).add(scope)
            return walked, opened

    walked, opened = asyncio.run(go())
    assert set(opened) == set(walked)
    assert all(len(scopes) == 1 for scopes in opened.values()), opened


def test_unknown_expired_and_revoked_keys_cannot_be_told_apart(tmp_path):
    """Same status, body and headers, after the same statements to the store."""

    async def go():
        async with inside(tmp_path) as it:
            revoked, gone = it.keys.create("revoked")
            it.keys.revoke(gone.id)
            end = datetime.now(UTC) + timedelta(hours=1)
            expired, _ = it.keys.create("expired", expires_at=end)
            it.keys._clock = lambda: end
            almost = revoked[:11] + "A" * (len(revoked) - 11)
            asked: list[list[str]] = []
            sa.event.listen(it.database, "before_cursor_execute", lambda *a: asked[-1].append(a[2]))
            answers = []
            for secret in ("uc_" + "x" * 43, almost, revoked, expired):
                asked.append([])
                headers = {"authorization": f"Bearer {secret}"}
                answers.append(await it.http.post("/v1/predict", json={}, headers=headers))
            return answers, asked

    answers, asked = asyncio.run(go())
    assert {a.status_code for a in answers} == {401}
    told = [{k: v for k, v in a.headers.items() if k != "x-request-id"} for a in answers]
    assert all(t == told[0] for t in told)
    assert len({a.content for a in answers}) == 1
    assert len(asked[0]) == 1 and all(a == asked[0] for a in asked)


def test_a_key_for_one_model_cannot_reach_or_see_another(tmp_path):
    async def go():
        async with inside(tmp_path, more=[(Yes(), OTHER)]) as it:
            api = (await it.http.get("/openapi.json")).json()
            seen_by_all = (await it.http.get("/v1/models")).text
            mine, _ = it.keys.create("mine", models=["tiny"])
            it.http.headers["authorization"] = f"Bearer {mine}"
            tried = []
            for path, methods in sorted(api["paths"].items()):
                content = methods.get("post", {}).get("requestBody", {}).get("content", {})
                schema = content.get("application/json", {}).get("schema", {})
                if "model" not in schema.get("properties", {}):
                    continue
                for example in schema["examples"]:
                    for name in (OTHER.name, OTHER.version, "nothing-of-that-name"):
                        got = await it.http.post(path, json=example | {"model": name})
                        told = got.text.replace(name, "NAME")
                        tried.append((path, name, got.status_code, told, str(example)))
            listed = (await it.http.get("/v1/models")).text
            usage = (await it.http.get("/v1/usage")).json()["usage"]
            return seen_by_all, tried, listed, usage

    seen_by_all, tried, listed, usage = asyncio.run(go())
    assert OTHER.name in seen_by_all and OTHER.name not in listed and OTHER.version not in listed
    assert {"/v1/predict"} <= {path for path, *_ in tried}
    assert all(400 <= status < 500 for _, _, status, _, _ in tried), tried
    assert usage == []
    for path, example in {(p, e) for p, _, _, _, e in tried}:  # as if there were no such model
        assert len({told for p, _, _, told, e in tried if (p, e) == (path, example)}) == 1
