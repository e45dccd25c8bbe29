"""Strict reading of price books and candidate lists."""

import pytest

from undercut.core.errors import UndercutError
from undercut.economics.candidates import read_candidates
from undercut.economics.price_book import EXAMPLES, read_book

pytestmark = pytest.mark.filterwarnings("error")


def write(tmp_path, text):
    path = tmp_path / "book.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_book_reads():
    entries = read_book(EXAMPLES)
    assert len(entries) == 5
    assert all(e.usd_per_million_input > 0 and e.source for e in entries)


def test_all_mistakes_of_a_book_come_in_one_error(tmp_path):
    path = write(
        tmp_path,
        """
        [[rival]]
        provider = "a"
        model = "m"
        usd_per_million_input = -1
        usd_per_million_output = nan
        source = "s"

        [[rival]]
        provider = ""
        modle = "m"
        usd_per_million_input = "0.1"
        usd_per_million_output = 1
        from = "yesterday"
        currency = "EUR"
        source = "s"
        """,
    )
    with pytest.raises(UndercutError) as e:
        read_book(path)
    assert e.value.code == "prices-invalid"
    text = str(e.value)
    for part in (
        "rival 1: expected usd_per_million_input, a number of at least 0; found -1",
        "rival 1: expected usd_per_million_output, a number of at least 0; found nan",
        "rival 1: expected from, a date such as 2026-11-21; found none",
        "rival 2: expected provider, a text",
        "rival 2: expected model, a text; found none",
        "found 'modle'. Did you mean 'model'?",
        "found '0.1'",
        "found 'yesterday'",
        "expected currency USD; found 'EUR'",
    ):
        assert part in text
    assert len(e.value.problems) == 9


def test_two_prices_of_one_day_are_a_mistake(tmp_path):
    row = (
        '[[rival]]\nprovider="a"\nmodel="m"\nusd_per_million_input=1\n'
        'usd_per_million_output=1\nfrom="2026-01-01"\nsource="s"\n'
    )
    with pytest.raises(UndercutError, match="one price a model and date; found rival 1 again"):
        read_book(write(tmp_path, row + row))


@pytest.mark.parametrize("text", ["[[rival]", "[rival]\na = 1", "x = 1", "[[other]]\na = 1"])
def test_a_file_of_something_else_is_refused(tmp_path, text):
    with pytest.raises(UndercutError) as e:
        read_book(write(tmp_path, text))
    assert e.value.code == "prices-unreadable"


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path):
    with pytest.raises(UndercutError, match="a TOML file"):
        read_book(tmp_path / "none.toml")
    path = tmp_path / "bytes.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UndercutError, match="a TOML file"):
        read_book(path)


def test_mistakes_of_a_candidate_list_come_in_one_error(tmp_path):
    path = write(
        tmp_path,
        '[[candidate]]\nprovider = "a"\nreasoning = "yes"\ntokens = "bert"\nretires = 3\nx = 1\n',
    )
    with pytest.raises(UndercutError) as e:
        read_candidates(path)
    assert len(e.value.problems) == 6  # model, source, tokens, reasoning, retires, x
