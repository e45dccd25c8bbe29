"""Bodies that a hostile or broken caller might send, drawn by a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

BIG = 10_000_000
HEADERS = [{}] * 12 + [
    {"content-type": "text/plain"},
    {"content-type": "application/json; charset=utf-16"},
    {"content-encoding": "gzip"},
    {"idempotency-key": ""},
    {"idempotency-key": "k" * 300},
    {"idempotency-key": "again"},
]


def _value(draw: random.Random, depth: int = 3) -> Any:
    """Return a JSON value of some type."""
    kinds = [
        None, True, 0, -1, 10**draw.randrange(1, 400), 1.5, -0.0, 1e308, "", "text", "退款",
        "\0", "a\0b", "\ud800", "\U0001f600" * 9, "x" * draw.randrange(30_000), " \t\n", "‮",
    ]  # fmt: skip
    if depth and draw.random() < 0.4:
        if draw.random() < 0.5:
            return [_value(draw, depth - 1) for _ in range(draw.randrange(6))]
        return {str(_value(draw, 0)): _value(draw, depth - 1) for _ in range(draw.randrange(4))}
    return draw.choice(kinds)


def _wrong_types(draw: random.Random, good: dict[str, Any]) -> bytes:
    body = dict(good)
    for name in draw.sample(sorted(body), draw.randrange(1, len(body) + 1)):
        body[name] = _value(draw)
    if draw.random() < 0.3:
        body[draw.choice(["inputs", "model", "top", "stream", "", "\0", "__class__"])] = _value(
            draw
        )
    if draw.random() < 0.2:
        del body[draw.choice(sorted(body))]
    return json.dumps(body).encode("utf-8", "surrogatepass")


def _broken_bytes(draw: random.Random, good: dict[str, Any]) -> bytes:
    raw = bytearray(json.dumps(good, ensure_ascii=False).encode())
    for _ in range(draw.randrange(1, 8)):
        place = draw.randrange(len(raw))
        raw[place : place + draw.randrange(3)] = draw.choice(
            [b"\xff", b"\x00", b"\xc3", b"\xed\xa0\x80", b"\xf8\x88", draw.randbytes(4)]
        )
    return bytes(raw)


def _cut(draw: random.Random, good: dict[str, Any]) -> bytes:
    raw = json.dumps(good).encode()
    return draw.choice(
        [raw[: draw.randrange(len(raw))], b"", raw + raw, raw + b"\0", b"\xef\xbb\xbf" + raw]
    )


def _deep(draw: random.Random, good: dict[str, Any]) -> bytes:
    n = draw.choice([50, 500, 5_000, 200_000])
    inner = draw.choice([b"[" * n + b"]" * n, b'{"a":' * n + b"1" + b"}" * n, b"[" * n])
    name = draw.choice(sorted(good)).encode()
    return draw.choice([inner, b'{"' + name + b'":' + inner + b"}"])


def _numbers(draw: random.Random, good: dict[str, Any]) -> bytes:
    number = draw.choice(
        ["1e999", "-1e999", "9" * 4_000, "9" * 5_000, "NaN", "Infinity", "-Infinity", "0x10",
         "1E+99999999999", "0." + "0" * 4_000 + "1", "-0", "1" + "0" * 308, "018"]
    )  # fmt: skip
    body = {
        name: "@" if name == (at := draw.choice(sorted(good))) else v for name, v in good.items()
    }
    body.setdefault("top", "@") if draw.random() < 0.5 else body.update({at: "@"})
    return json.dumps(body).replace('"@"', number).encode()


def _big(draw: random.Random, good: dict[str, Any]) -> bytes:
    name = draw.choice(sorted(good))
    value = draw.choice(["a" * BIG, "退" * (BIG // 3), "a" * 25_000, ["a"] * 5_000, "\0" * 30_000])
    return json.dumps(good | {name: value}, ensure_ascii=False).encode()


def _other_encoding(draw: random.Random, good: dict[str, Any]) -> bytes:
    return json.dumps(good, ensure_ascii=False).encode(draw.choice(["utf-16", "utf-32", "gb18030"]))


KINDS: dict[Callable[[random.Random, dict[str, Any]], bytes], int] = {
    _wrong_types: 40,
    _broken_bytes: 20,
    _cut: 10,
    _deep: 10,
    _numbers: 12,
    _big: 2,
    _other_encoding: 6,
}


def bodies(seed: int, n: int, good: dict[str, Any]) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Yield the kind of a body, the body, and headers beside it."""
    draw = random.Random(seed)
    for _ in range(n):
        kind = draw.choices(list(KINDS), list(KINDS.values()))[0]
        headers = {"content-type": "application/json"} | draw.choice(HEADERS)
        yield kind.__name__.strip("_"), kind(draw, good), headers
