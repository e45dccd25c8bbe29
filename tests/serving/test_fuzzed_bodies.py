"""Bodies drawn by a seed against every route that takes one, and schemathesis over the OpenAPI.

The suite sends a few hundred; ``UNDERCUT_FUZZ_BODIES=10000`` sends as many.
"""

from __future__ import annotations

import asyncio
import collections
import os
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from serving.fuzz import bodies
from serving.inside import inside
from undercut.serving.plans import KeyLimits

COUNT = int(os.environ.get("UNDERCUT_FUZZ_BODIES", "240"))
SEED = int(os.environ.get("UNDERCUT_FUZZ_SEED", "20261124"))


def takes_bodies(api: dict[str, Any]) -> dict[str, tuple[dict[str, Any], set[int]]]:
    """Return path -> an example of its body and the statuses it documents."""
    found = {}
    for path, methods in api["paths"].items():
        post = methods.get("post")
        if post and "requestBody" in post:
            (content,) = post["requestBody"]["content"].values()
            example = content["schema"]["examples"][-1]
            found[path.replace("{key_id}", "key_0")] = example, set(map(int, post["responses"]))
    return found


def test_only_documented_refusals(tmp_path):
    async def go():
        seen = collections.Counter()
        async with inside(tmp_path) as it:
            routes = takes_bodies((await it.http.get("/openapi.json")).json())
            assert {"/v1/predict", "/v1/feedback"} <= set(routes)
            for place, (path, (example, documented)) in enumerate(sorted(routes.items())):
                n = COUNT // len(routes)
                for kind, body, headers in bodies(SEED + place, n, example):
                    got = await it.http.post(path, content=body, headers=headers)
                    told = f"{path}, {kind}: {body[:200]!r} -> {got.status_code} {got.text[:300]}"
                    assert got.status_code in documented and got.status_code < 500, told
                    if got.headers["content-type"] != "text/event-stream":
                        got.json()
                    seen[got.status_code] += 1
            whole = await it.ask("still there")
            return seen, whole.status_code

    seen, status = asyncio.run(go())
    assert status == 200 and seen.total() >= COUNT - 10
    assert {400, 413, 415, 422} <= set(seen), seen  # it did reach what refuses
    print(f"seed {SEED}: {dict(seen)}")


def test_schemathesis_finds_no_server_error(tmp_path):
    """Every operation, with bodies and parameters drawn from its own schema."""

    async def go():
        async with inside(tmp_path, deadline_seconds=60) as it:
            loop = asyncio.get_running_loop()
            schema = schemathesis.openapi.from_dict((await it.http.get("/openapi.json")).json())
            wrong, counts = [], collections.Counter()

            def ask(case: Any) -> None:
                parts = case.as_transport_kwargs(base_url="http://127.0.0.1")
                sent = it.http.request(
                    parts["method"],
                    parts["url"],
                    params=parts.get("params"),
                    json=parts.get("json"),
                    content=parts.get("data") if isinstance(parts.get("data"), bytes) else None,
                    headers={
                        k: v.encode("utf-8", "surrogatepass")
                        for k, v in dict(parts.get("headers") or {}).items()
                        if k.lower() not in ("authorization", "user-agent")
                    },
                )
                got = asyncio.run_coroutine_threadsafe(sent, loop).result(120)
                counts[case.operation.label] += 1
                known = {str(s) for s in case.operation.definition.raw["responses"]}
                if got.status_code >= 500 or str(got.status_code) not in known | {"404", "405"}:
                    wrong.append((case.operation.label, got.status_code, parts, got.text[:300]))

            def explore() -> None:
                for found in schema.get_all_operations():
                    operation = found.ok()
                    explored = hypothesis.given(operation.as_strategy())(ask)
                    settings(
                        max_examples=12,
                        deadline=None,
                        database=None,
                        derandomize=True,
                        suppress_health_check=list(HealthCheck),
                    )(explored)()

            await asyncio.to_thread(explore)
            return wrong, counts

    wrong, counts = asyncio.run(go())
    assert wrong == []
    assert len(counts) >= 9 and min(counts.values()) >= 1, counts


@pytest.mark.parametrize("limits", [{}, {"most_labels": 1, "distinct_texts_per_day": 5}])
def test_answers_keep_to_their_schema(tmp_path, limits):
    """What is documented is what comes, also for a key that is told less."""
    import jsonschema_rs

    async def go():
        async with inside(tmp_path) as it:
            api = (await it.http.get("/openapi.json")).json()
            secret, _ = it.keys.create("narrow", limits=KeyLimits(**limits))
            it.http.headers["authorization"] = f"Bearer {secret}"
            answer = (await it.ask(["退款", "lost"], top="all")).json()
            return api, answer

    api, answer = asyncio.run(go())
    shape = api["paths"]["/v1/predict"]["post"]["responses"]["200"]["content"]
    schema = shape["application/json"]["schema"] | {"components": api["components"]}
    jsonschema_rs.validator_for(schema).validate(answer)
