"""The light sender: it reads what servers answer, however it is cut, and loses nothing quietly."""

from __future__ import annotations

import asyncio

import pytest

from undercut.serving.loadtest.wire import Wire, Wires, post


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
        (b"HTTP/1.1 429 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", 429),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 1000])
def test_an_answer_is_whole_however_it_is_cut(answer, status, step):
    seen = []
    wire = Wire(lambda w, s, b: seen.append((s, b)))
    wire._waiting = True
    for i in range(0, len(answer), step):
        assert seen == []
        wire.data_received(answer[i : i + step])
    assert seen[0][0] == status and (b"ok" in seen[0][1]) == (status == 200)


def test_requests_share_connections_and_a_lost_one_counts_as_no_answer():
    made, bodies = [], []

    async def serve(reader, writer):
        made.append(writer)
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            bodies.append((await reader.readexactly(length)).decode())
            if "gone" in bodies[-1]:
                writer.close()
                return
            status = b"500 No" if "bad" in bodies[-1] else b"200 OK"
            writer.write(b"HTTP/1.1 " + status + b"\r\ncontent-length: 2\r\n\r\nok")

    async def go():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        wires = Wires(f"http://127.0.0.1:{port}/v1/predict", {"authorization": "Bearer x"}, 20)
        found = [await wires.ask(text) for text in ("我的退款", "bad", "gone", "again")]
        wires.close()
        server.close()
        nowhere = Wires(f"http://127.0.0.1:{port}/", {}, 20)
        return [*found, await nowhere.ask("a")]

    assert asyncio.run(go()) == [True, False, False, True, False]
    assert len(made) == 2  # the second after the lost one
    assert '"我的退款"' in bodies[0]


def test_a_request_says_its_length_in_bytes():
    sent = post("http://h:1/p", "退".encode(), {"x": "y"})
    assert sent.startswith(b"POST /p HTTP/1.1\r\nhost: h:1\r\n")
    assert b"content-length: 3\r\n" in sent and sent.endswith(b"\r\nx: y\r\n\r\n" + "退".encode())
