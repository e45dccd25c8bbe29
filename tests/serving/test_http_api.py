"""Every route, as a caller meets it."""

from __future__ import annotations

import asyncio

import httpx

from serving.inside import JSON, MODEL, inside, problem, until
from serving.stand_ins import Echo, Gate, prediction
from undercut.core.errors import fail


def test_one_text_and_many(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            one = (await it.ask("我的退款在哪里 👋")).json()
            many = (await it.ask(["b", "a", "b"], top="all")).json()
            return one, many

    one, many = asyncio.run(go())
    assert one["predictions"] == [
        {
            "label": "我的退款在哪里 👋",
            "probability": 0.75,
            "probabilities": {"我的退款在哪里 👋": 0.75, "other": 0.25},
            "truncated": False,
        }
    ]
    assert one["version"] == MODEL.version and one["model"] == "tiny"
    assert one["request_id"].startswith("req_")
    assert [p["label"] for p in many["predictions"]] == ["b", "a", "b"]
    assert many["usage"] == {"inputs": 3, "tokens": 3}
    assert one["request_id"] != many["request_id"]


def test_the_truncation_flag_and_top(tmp_path):
    class Cuts(Echo):
        def predict(self, inputs):
            return [prediction(x).model_copy(update={"truncated": len(x) > 3}) for x in inputs]

    async def go():
        async with inside(tmp_path, Cuts()) as it:
            return (await it.ask(["abcd", "ab"], top=1)).json()

    found = asyncio.run(go())["predictions"]
    assert [p["truncated"] for p in found] == [True, False]
    assert [len(p["probabilities"]) for p in found] == [1, 1]


BAD_BODIES = [
    (b"{bad", 400, "not-json"),
    (b"", 400, "not-json"),
    (b"\xff\xfe", 400, "not-json"),
    (b'{"inputs": "\\ud800"}', 400, "not-json"),
    (b"[" * 5_000, 400, "not-json"),
    (b"[]", 422, "body-invalid"),
    (b"{}", 422, "body-invalid"),
    (b'{"inputs": 3}', 422, "body-invalid"),
    (b'{"inputs": ["a", null]}', 422, "body-invalid"),
    (b'{"inputs": "a", "top": 0}', 422, "body-invalid"),
    (b'{"inputs": "a", "top": true}', 422, "body-invalid"),
    (b'{"input": "a"}', 422, "field-unknown"),
    (b'{"inputs": []}', 422, "inputs-count"),
    (b'{"inputs": " "}', 422, "inputs-invalid"),
    (b'{"inputs": "a\\u0000b"}', 422, "inputs-invalid"),
    (b'{"inputs": "a", "model": "other"}', 422, "model-unknown"),
    (b'{"inputs": "' + b"a" * 20_001 + b'"}', 422, "inputs-invalid"),
    (b'{"inputs": [' + b'"a",' * 9_999 + b'"a"]}', 422, "inputs-count"),
    (b'{"inputs": "' + b"a" * (1 << 20) + b'"}', 413, "body-too-large"),
]


def test_bad_bodies_get_a_problem_and_no_usage(tmp_path):
    async def go():
        model = Echo()
        async with inside(tmp_path, model) as it:
            found = [
                await it.http.post("/v1/predict", content=body, headers=JSON)
                for body, _, _ in BAD_BODIES
            ]
            return found, model.batches, it.meter.totals()

    found, batches, totals = asyncio.run(go())
    for response, (_, status, code) in zip(found, BAD_BODIES, strict=True):
        problem(response, status, code)
    assert batches == [] and totals == []


def test_a_body_of_unknown_length_is_cut_off_too(tmp_path):
    async def chunks():
        for _ in range(40):
            yield b"a" * 100

    async def go():
        async with inside(tmp_path, body_bytes=1024) as it:
            return await it.http.post("/v1/predict", content=chunks(), headers=JSON)

    problem(asyncio.run(go()), 413, "body-too-large")


def test_only_plain_json_is_taken(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            form = await it.http.post("/v1/predict", data={"inputs": "a"})
            packed = await it.http.post(
                "/v1/predict", content=b"x", headers=JSON | {"content-encoding": "gzip"}
            )
            return form, packed

    for response in asyncio.run(go()):
        problem(response, 415, "content-type")


def test_unknown_addresses_and_methods(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            lost = [
                await it.http.get(path)
                for path in ("/v2", "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2fx")
            ]
            return lost, await it.http.get("/v1/predict")

    lost, wrong = asyncio.run(go())
    for response in lost:
        problem(response, 404, "not-found")
        assert "root:" not in response.text
    problem(wrong, 405, "method")
    assert wrong.headers["allow"] == "POST"


def test_a_full_queue_says_when_to_come_back(tmp_path):
    async def go():
        model = Gate()
        async with inside(tmp_path, model, queue_inputs=1, batch_inputs=1) as it:
            first = asyncio.create_task(it.ask("first"))
            await asyncio.to_thread(model.entered.wait, 5)
            second = asyncio.create_task(it.ask("second"))
            metrics = ""
            while "undercut_queue_inputs 1" not in metrics:
                metrics = (await it.http.get("/metrics")).text
                await asyncio.sleep(0)
            third = await it.ask("third")
            model.go.set()
            return await first, await second, third

    first, second, third = asyncio.run(go())
    assert first.status_code == second.status_code == 200
    problem(third, 429, "queue-full")
    assert int(third.headers["retry-after"]) >= 1


def test_the_deadline_is_kept_and_nothing_is_metered(tmp_path):
    async def go():
        model = Gate()
        async with inside(tmp_path, model, deadline_seconds=0.2) as it:
            late = await it.ask("a")
            await asyncio.sleep(0.2)  # the batch began a little after the request came
            stuck = await it.http.get("/readyz")
            alive = await it.http.get("/healthz")
            model.go.set()
            await until(lambda: model.batches)
            return late, stuck, alive, it.meter.totals()

    late, stuck, alive, totals = asyncio.run(go())
    problem(late, 504, "deadline")
    problem(stuck, 503, "stuck")
    assert alive.json() == {"status": "alive"}
    assert totals == []


def test_too_many_requests_in_flight(tmp_path):
    async def go():
        model = Gate()
        async with inside(tmp_path, model, requests_in_flight=1) as it:
            first = asyncio.create_task(it.ask("a"))
            await asyncio.to_thread(model.entered.wait, 5)
            refused, alive = await it.ask("b"), await it.http.get("/healthz")
            model.go.set()
            return await first, refused, alive

    first, refused, alive = asyncio.run(go())
    assert first.status_code == alive.status_code == 200
    problem(refused, 503, "overloaded")


def test_a_model_that_fails_is_a_500_that_says_nothing_of_the_text(tmp_path, caplog):
    class Broken:
        def predict(self, inputs):
            raise RuntimeError(f"cannot read {inputs[0]}")

    async def go():
        async with inside(tmp_path, Broken()) as it:
            return await it.ask("my secret text"), it.meter.totals()

    response, totals = asyncio.run(go())
    problem(response, 500, "model-failed")
    assert "secret" not in response.text and "secret" not in caplog.text
    assert "RuntimeError" in caplog.text
    assert totals == []


def test_a_model_that_refuses_an_input_is_a_422(tmp_path):
    class Picky:
        def predict(self, inputs):
            raise fail("too-odd", expected="words", found="signs", fix="Write words.")

    async def go():
        async with inside(tmp_path, Picky()) as it:
            return await it.ask("?!")

    assert problem(asyncio.run(go()), 422, "too-odd")["fix"] == "Write words."


def test_usage_is_written_before_the_answer_leaves(tmp_path, monkeypatch):
    async def go():
        async with inside(tmp_path) as it:

            def full(*_, **__):
                raise OSError("no space left on device")

            monkeypatch.setattr(it.meter._journal, "append", full)
            return await it.ask("a")

    problem(asyncio.run(go()), 503, "store-unavailable")


def test_feedback_for_ones_own_request_only(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            asked = (await it.ask(["a", "b"])).json()["request_id"]
            body = {"request_id": asked, "index": 1, "target": "退款", "comment": "'; DROP TABLE x"}
            kept = await it.http.post("/v1/feedback", json=body)
            beyond = await it.http.post("/v1/feedback", json=body | {"index": 2})
            unknown = await it.http.post("/v1/feedback", json=body | {"request_id": "req_0"})
            other, _ = it.keys.create("other")
            theirs = await it.http.post(
                "/v1/feedback", json=body, headers={"authorization": f"Bearer {other}"}
            )
            return body, kept, [beyond, unknown, theirs], it.feedback.list(asked)

    body, kept, refused, rows = asyncio.run(go())
    assert kept.json() == {"request_id": body["request_id"], "index": 1, "known_label": True}
    for response in refused:
        problem(response, 404, "request-unknown")
    assert [(r.position, r.target, r.comment) for r in rows] == [(1, "退款", "'; DROP TABLE x")]


def test_models_usage_metrics_health(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            await it.ask(["a", "b"])
            other, _ = it.keys.create("other")
            paths = ("/v1/models", "/v1/usage", "/metrics", "/healthz", "/readyz")
            found = [await it.http.get(path) for path in paths]
            headers = {"authorization": f"Bearer {other}"}
            theirs = [
                await it.http.get(path, headers=headers) for path in ("/v1/usage", "/metrics")
            ]
            return found, theirs

    (models, usage, metrics, alive, ready), (none, scope) = asyncio.run(go())
    assert models.json()["models"][0]["version"] == MODEL.version
    total = usage.json()["usage"][0]
    assert (total["requests"], total["inputs"], total["tokens"]) == (1, 2, 2)
    assert 'undercut_requests_total{route="/v1/predict",status="200"} 1' in metrics.text
    assert "process_cpu_seconds_total" in metrics.text
    assert alive.json() == {"status": "alive"} and ready.json() == {"status": "ready"}
    assert none.json() == {"usage": []}
    problem(scope, 403, "key-scope")


def test_no_keys_asks_for_none(tmp_path):
    async def go():
        async with inside(tmp_path, keyed=False) as it:
            return await it.ask("a"), it.meter.totals()

    response, totals = asyncio.run(go())
    assert response.status_code == 200
    assert totals[0].key_id is None


def test_openapi_describes_the_routes(tmp_path):
    async def go():
        async with inside(tmp_path) as it:
            return (await it.http.get("/openapi.json")).json()

    found = asyncio.run(go())
    assert {"/v1/predict", "/v1/feedback", "/v1/models", "/healthz"} <= set(found["paths"])
    refusals = found["paths"]["/v1/predict"]["post"]["responses"]
    assert "application/problem+json" in refusals["429"]["content"]


def test_a_caller_who_hangs_up_leaves_the_queue(tmp_path):
    async def go():
        model = Gate()
        async with inside(tmp_path, model, batch_inputs=1) as it:
            first = asyncio.create_task(it.ask("first"))
            await asyncio.to_thread(model.entered.wait, 5)
            gone = asyncio.create_task(it.ask("gone"))
            metrics = ""
            while "undercut_queue_inputs 1" not in metrics:
                metrics = (await it.http.get("/metrics")).text
                await asyncio.sleep(0)
            gone.cancel()
            while "undercut_queue_inputs 0" not in metrics:
                metrics = (await it.http.get("/metrics")).text
                await asyncio.sleep(0)
            model.go.set()
            assert (await first).status_code == 200
            return model.batches

    assert asyncio.run(asyncio.wait_for(go(), 15)) == [["first"]]


def test_the_page_runs_only_its_own_script(tmp_path):
    async def go() -> httpx.Response:
        async with inside(tmp_path) as it:
            return await it.http.get("/")

    found = asyncio.run(go())
    policy = found.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert "script-src 'sha256-" in policy
    assert "http://" not in found.text and "https://" not in found.text
