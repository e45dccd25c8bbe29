"""The ceiling: an HTTP server alone. The body is read, the answer is a constant.

``--way``: ``h11``, ``httptools`` or ``uvloop`` (httptools on uvloop), all uvicorn; ``granian``;
``ours``, uvicorn as ``undercut serve`` starts it.
"""

from __future__ import annotations

import argparse
from typing import Any

ANSWER = (
    b'{"request_id":"req_0123456789abcdef01234567","model":"m","version":"' + b"0" * 64 + b'",'
    b'"predictions":[{"label":"card_arrival","probability":0.9,"probabilities":'
    b'{"card_arrival":0.9},"truncated":false}],"usage":{"inputs":1,"tokens":12}}'
)
HEADERS = [
    (b"content-type", b"application/json"),
    (b"content-length", str(len(ANSWER)).encode()),
]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer anything."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


def uvicorn_settings(way: str) -> dict[str, Any]:
    """Return how uvicorn is started."""
    if way == "ours":
        from undercut.serving.timeouts import HastyProtocol

        return {"http": HastyProtocol}
    http = "h11" if way == "h11" else "httptools"
    return {"http": http, "loop": "uvloop" if way == "uvloop" else "asyncio"}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--way", default="ours")
    asked, _ = parser.parse_known_args()
    if asked.way == "granian":
        from granian import Granian
        from granian.constants import Interfaces

        target = "benchmarks.serving_peers.noop:app"
        Granian(
            target, port=asked.port, interface=Interfaces.ASGINL, workers=1, log_enabled=False
        ).serve()
    else:
        import uvicorn

        more = uvicorn_settings(asked.way)
        uvicorn.run(app, port=asked.port, log_config=None, lifespan="off", access_log=False, **more)
