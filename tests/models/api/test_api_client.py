"""The client against a server on this machine that misbehaves."""

import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from models.api.fake_api import FakeApi, completion, error, usage
from undercut.core.errors import MissingExtra, UndercutError
from undercut.models.api import address
from undercut.models.api.address import Address
from undercut.models.api.client import RivalClient, Stopped, Unanswered, seconds_asked

KEY = "sk-test-0123456789abcdef"
MESSAGES = [{"role": "user", "content": "hello"}]
BODY = {"model": "cheap-1", "temperature": 0, "max_tokens": 9}
GOOD = completion("refund", usage=usage(100, 5, 3, 40))


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def ask(script, waits=None, **options):
    """Ask once; ``script`` is a list of answers by number, the last one repeated."""
    waits = [] if waits is None else waits
    answers = script if callable(script) else lambda t, n, b: script[min(n, len(script)) - 1]
    with FakeApi(answers) as api:

        def pause(s):
            return bool(waits.append(s))

        with RivalClient(Address(api.url, KEY), BODY, pause=pause, **options) as client:
            try:
                return client.ask(MESSAGES), api, client
            finally:
                ask.api = api


def test_an_answer_with_its_usage():
    asked, api, _ = ask([GOOD])
    assert asked.reply.text == "refund" and asked.reply.usage == (100, 5, 3, 40)
    assert (asked.tries, asked.lost) == (1, 0) and asked.latency_ms > 0
    assert api.keys == [f"Bearer {KEY}"]
    assert api.bodies[0] == {**BODY, "messages": MESSAGES}


def test_a_busy_server_is_given_the_time_it_asks_for():
    waits = []
    asked, api, _ = ask([error(429, "slow", {"retry-after": "7"}), GOOD], waits)
    assert asked.tries == 2 and 7.0 <= waits[0] <= 7.5


@pytest.mark.parametrize("status", [429, 500, 502, 503, 529])
def test_without_a_time_the_pause_is_jittered_and_grows(status):
    waits = []
    asked, *_ = ask([error(status, "oops")] * 4 + [GOOD], waits)
    assert asked.tries == 5 and len(set(waits)) == 4
    assert all(0 <= w <= 0.5 * 2**i for i, w in enumerate(waits))


def test_after_all_tries_it_says_what_the_server_said():
    with pytest.raises(Unanswered) as caught:
        ask([error(503, "down for maintenance")], retries=2)
    assert "down for maintenance, after 3 tries" in str(caught.value)
    assert caught.value.lost == 0 and len(ask.api.bodies) == 3


def test_a_server_that_asks_for_an_hour_is_not_waited_for():
    with pytest.raises(Unanswered, match="asks to wait 3600 s"):
        ask([error(429, "quota of the day", {"retry-after": "3600"})])
    assert len(ask.api.bodies) == 1


def test_a_try_that_times_out_is_told_apart_as_perhaps_billed():
    def slow(text, number, body):
        time.sleep(0.6 if number == 1 else 0)
        return GOOD

    asked, *_ = ask(slow, timeout_seconds=0.2)
    assert (asked.tries, asked.lost) == (2, 1)
    assert asked.latency_ms < 200


def test_nobody_at_the_address_is_not_perhaps_billed():
    client = RivalClient(Address("http://127.0.0.1:9/v1"), BODY, retries=1, pause=lambda s: False)
    with client, pytest.raises(Unanswered, match="no connection") as caught:
        client.ask(MESSAGES)
    assert caught.value.lost == 0


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (error(401, f"Incorrect API key provided: {KEY}"), "rival-key", "status 401"),
        (error(403, "not yours"), "rival-key", "--key-env"),
        (error(404, "The model `x` does not exist"), "rival-address", "does not exist"),
        (error(402, "no money"), "rival-credit", "credit"),
        (error(429, "quota", code="insufficient_quota"), "rival-credit", "credit"),
        (error(400, "bad message role"), "rival-request", "bad message role"),
        ((307, {"location": "http://elsewhere/v1"}, b""), "rival-address", "status 307"),
        ((200, {}, b"<html>Welcome to nginx</html>"), "rival-answer", "Welcome to nginx"),
        ((200, {}, b'{"choices": []}'), "rival-answer", "choices[0].message"),
        ((200, {}, b'{"choices": [{"message": null}]}'), "rival-answer", "chat completion"),
        ((200, {}, b"[" * 100_000), "rival-answer", "chat completion"),
        ((442, {}, b"\xff\xfe"), "rival-request", "status 442"),
        (error(400, "a\x1b[31mred\nline"), "rival-request", "a\ufffd[31mred line"),
    ],
)
def test_what_no_try_would_change_is_an_error_at_once(answer, code, words):
    with pytest.raises(UndercutError) as caught:
        ask([answer])
    assert caught.value.code == code and words in str(caught.value)
    assert KEY not in str(caught.value)
    assert len(ask.api.bodies) == 1


def test_an_error_inside_a_200_is_read_as_the_error_it_is():
    inside = (200, {}, b'{"error": {"message": "upstream busy", "code": 429}}')
    asked, *_ = ask([inside, GOOD])
    assert asked.tries == 2
    with pytest.raises(UndercutError) as caught:
        ask([(200, {}, b'{"error": {"message": "no such key", "code": 401}}')])
    assert caught.value.code == "rival-key"


def test_an_answer_at_its_longest_length_is_said_to_be_cut():
    reply = ask([completion("", finish="length", usage=usage(100, 512, 512))])[0].reply
    assert reply.cut and reply.usage == (100, 512, 512, 0)


def test_refusals_in_all_their_forms():
    assert ask([completion(None, refusal="I cannot.")])[0].reply.refused
    assert ask([completion("", finish="content_filter")])[0].reply.refused
    filtered = ask([error(400, "filtered", code="content_filter")])[0].reply
    assert filtered.refused and filtered.usage == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "given",
    [None, {}, usage(0, 5), {"prompt_tokens": "9", "completion_tokens": 1}, {"prompt_tokens": 9},
     {"prompt_tokens": 9, "completion_tokens": -1}, {"prompt_tokens": True, "completion_tokens": 1}],
)  # fmt: skip
def test_usage_that_makes_no_sense_is_no_usage(given):
    assert ask([completion("a", usage=given)])[0].reply.usage is None


def test_reasoning_counted_beside_the_output_is_added_to_it():
    assert ask([completion("a", usage=usage(10, 2, 50))])[0].reply.usage == (10, 52, 50, 0)


def test_content_in_parts_and_half_surrogates():
    parts = (
        b'{"choices": [{"message": {"content": [{"type": "text", "text": "re\\ud800"},'
        b' {"type": "x"}, {"text": "fund"}]}}]}'
    )
    assert ask([(200, {}, parts)])[0].reply.text == "re?fund"


def test_parameters_a_server_does_not_know_are_changed_once_and_said():
    def picky(text, number, body):
        if "max_tokens" in body:
            return error(400, "Use 'max_completion_tokens' instead.", param="max_tokens")
        if "temperature" in body:
            return error(400, "Unsupported value: 'temperature' does not support 0.")
        return GOOD

    asked, api, client = ask(picky)
    assert api.bodies[-1]["max_completion_tokens"] == 9 and len(api.bodies) == 3
    assert asked.tries == 1 and len(client.notes) == 2
    with pytest.raises(UndercutError, match="temperature"):
        ask([error(400, "temperature and max_tokens are never right")])
    assert len(ask.api.bodies) == 3


def test_the_key_is_cut_out_of_whatever_comes_back():
    asked, *_ = ask([completion(f"your key is {KEY}")])
    assert KEY not in asked.reply.text
    assert KEY not in repr(Address("https://x", KEY))


def test_waiting_can_be_called_off():
    stop = threading.Event()
    stop.set()
    with FakeApi(lambda *_: error(500, "x")) as api:
        with RivalClient(Address(api.url), BODY, stop=stop) as client, pytest.raises(Stopped):
            client.ask(MESSAGES)
        assert len(api.bodies) == 1 and api.keys == [None]


def test_without_httpx_the_command_that_installs_it_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(MissingExtra) as caught:
        RivalClient(Address("http://127.0.0.1:9/v1"), BODY)
    assert 'pip install "undercut[rival]"' in str(caught.value)


def test_retry_after_in_all_its_forms():
    soon = datetime.now(UTC) + timedelta(seconds=30)
    assert 28 <= seconds_asked(format_datetime(soon, usegmt=True)) <= 30
    assert seconds_asked("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert seconds_asked("1.5") == 1.5 and seconds_asked("-3") == 0
    for nothing in (None, "", "soon", "nan", "2026-99-99"):
        assert seconds_asked(nothing) is None


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("api.openai.com/v1", "rival-address"), ("ftp://x/v1", "rival-address"),
        ("", "rival-address"), ("https://", "rival-address"), ("https://x:y/v1", "rival-address"),
        ("https://me:secret@x.com/v1", "rival-address"), ("https://x.com/v1?key=secret", "rival-address"),
        ("http://x.com/v1", "rival-address"), ("https://a b.com/v1", "rival-address"),
        ("http://[::1/v1", "rival-address"),
    ],
)  # fmt: skip
def test_addresses_that_are_none_or_would_give_a_secret_away(url, code):
    with pytest.raises(UndercutError) as caught:
        address.check(url, "K", {"K": KEY})
    assert caught.value.code == code
    assert "secret" not in str(caught.value) and KEY not in str(caught.value)


def test_the_key_comes_from_the_variable_named():
    assert address.check("https://x.com/v1/", "K", {"K": f" {KEY}\n"}) == Address(
        "https://x.com/v1", KEY
    )
    assert (
        address.check("https://x.com/v1/chat/completions", "K", {"K": "k"}).url
        == "https://x.com/v1"
    )
    for near in (
        "http://127.0.0.1:8000/v1",
        "http://localhost/v1",
        "http://10.1.2.3/v1",
        "http://vllm:8000/v1",
    ):
        assert address.check(near, "K", {}).key == ""
        assert address.check(near, "K", {"K": KEY}).key == KEY
    for bad in ({}, {"K": ""}, {"K": "two words"}, {"K": "密钥"}, {"K": "a\nb"}):
        with pytest.raises(UndercutError) as caught:
            address.check("https://x.com/v1", "K", bad)
        assert caught.value.code == "rival-key"
        assert not any(v and v in str(caught.value) for v in bad.values())
