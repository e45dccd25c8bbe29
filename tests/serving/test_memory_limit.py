"""Several models within a limit of memory: unloaded, loaded again, refused."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import pytest

from serving.inside import until
from serving.shops import ANSWERS, shop, variants
from undercut.core.errors import UndercutError
from undercut.serving import keeper as keeper_module
from undercut.serving.keeper import Keeper
from undercut.serving.lane import Lane
from undercut.serving.model_opening import open_model
from undercut.serving.options import Limits, ServeOptions


@pytest.fixture(scope="module")
def always(tmp_path_factory):
    return variants(tmp_path_factory.mktemp("variants"))


@pytest.fixture
def forty_mb_each(monkeypatch):
    """Let every opened model seem to take 40 MB: the tiny ones take nothing that can be measured.

    The resident memory is read before and after a model is opened.
    """
    state = {"reads": 0}

    def resident():
        state["reads"] += 1
        return 40_000_000 * state["reads"]

    monkeypatch.setattr(keeper_module, "_resident", resident)


def test_the_least_recently_used_is_unloaded_and_loaded_again_when_asked(
    tmp_path, always, forty_mb_each
):
    async def go():
        async with shop(tmp_path, always, memory_mb=100) as it:
            names = [lane.name for lane in it.shelf.lanes]
            opened = []
            for n in (0, 1, 0, 2, 1):
                assert await it.label(model=names[n]) == ANSWERS[n]
                opened.append({lane.name for lane in it.shelf.lanes if lane.now.live})
            many = await asyncio.gather(*(it.label(model=names[i % 3]) for i in range(24)))
            listed = (await it.http.get("/v1/models")).json()["models"]
            return names, opened, many, listed

    names, opened, many, listed = asyncio.run(go())
    zero, one, two = names
    assert [len(o) for o in opened] == [2] * 5
    assert opened[1:] == [{zero, one}, {zero, one}, {zero, two}, {one, two}]
    assert many == [ANSWERS[i % 3] for i in range(24)]
    assert [m["name"] for m in listed] == names


def test_one_that_does_not_fit_alone_is_refused(tmp_path, always, forty_mb_each):
    async def go():
        async with shop(tmp_path, always[:1], memory_mb=39):
            raise AssertionError("it was served")

    with pytest.raises(UndercutError) as refused:
        asyncio.run(go())
    assert refused.value.code == "memory-limit"
    assert "fits into 39 MB" in str(refused.value) and "40.0 MB" in str(refused.value)


def test_a_promotion_needs_room_for_both_and_changes_nothing_without(
    tmp_path, always, forty_mb_each
):
    async def go():
        async with shop(tmp_path, always[:1], memory_mb=79) as it:
            refused = await it.act("promote", artefact=str(always[1]), force=True)
            return refused, await it.label()

    refused, label = asyncio.run(go())
    assert (refused.status_code, refused.json()["code"]) == (422, "memory-limit")
    assert "beside 40 MB" in refused.json()["detail"]
    assert label == ANSWERS[0]


def test_what_a_model_takes_is_measured(always):
    """What is measured is at least the files: they are read into memory."""
    options = ServeOptions(threads=1)
    keeper = Keeper(partial(open_model, options=options), Limits(), 10_000)
    opened = keeper.open(Path(always[0]), "a")
    lane = Lane(opened)
    files = sum(p.stat().st_size for p in Path(always[0]).iterdir())
    assert opened.bytes_held >= files
    opened.close(1.0)
    assert lane.folder == Path(always[0])


def test_callers_of_a_model_being_unloaded_are_answered(tmp_path, always, forty_mb_each):
    async def go():
        async with shop(tmp_path, always[:2], memory_mb=50) as it:
            names = [lane.name for lane in it.shelf.lanes]
            rounds = 0
            found = []
            while rounds < 6:  # only one fits: each round throws the other out, under load
                rounds += 1
                asked = [it.label(model=names[(i // 4 + rounds) % 2]) for i in range(8)]
                found += await asyncio.gather(*asked)
            await until(it.shelf.idle)
            return len(found)

    assert asyncio.run(go()) == 48
