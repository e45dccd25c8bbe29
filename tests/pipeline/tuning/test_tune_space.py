"""What may be searched: every declared range is one that the options themselves allow."""

from __future__ import annotations

import pytest

from undercut.core import plugins
from undercut.pipeline.tuning.record import settings
from undercut.pipeline.tuning.settings import toml
from undercut.pipeline.tuning.space import draw, ranges

WAYS = [(m, t) for m in plugins.names("method") for t in plugins.get("method", m).ways]


class Ends:
    """Draws the same end of every range, as an Optuna trial would."""

    def __init__(self, high: bool) -> None:
        self.high = high
        self.names: list[str] = []

    def _at(self, name, low, high):
        self.names.append(name)
        return high if self.high else low

    def suggest_float(self, name, low, high, log=False):
        return self._at(name, float(low), float(high))

    def suggest_int(self, name, low, high, log=False):
        return self._at(name, low, high)

    def suggest_categorical(self, name, choices):
        return self._at(name, choices[0], choices[-1])


@pytest.mark.parametrize(("method", "task"), WAYS)
@pytest.mark.parametrize("high", [False, True])
def test_both_ends_of_every_range_are_options(method, task, high):
    model = plugins.attr(plugins.way(method, task).options)
    model.model_validate(draw(Ends(high), method, task, {}))


@pytest.mark.parametrize(("method", "task"), WAYS)
def test_ranges_are_in_order_and_log_scales_above_zero(method, task):
    for r in ranges(method, task, {}):
        if r.choices:
            assert len(set(r.choices)) == len(r.choices) > 1
        else:
            assert r.low < r.high
            assert not r.log or r.low > 0


def test_the_ladder_has_something_to_search():
    for method in ("linear", "probe", "partial", "full"):
        assert ranges(method, "text-classification", {})


def test_what_the_user_set_is_not_searched():
    trial = Ends(True)
    drawn = draw(trial, "partial", "text-classification", {"rate": 0.001, "max_tokens": 64})
    assert drawn["rate"] == 0.001
    assert drawn["max_tokens"] == 64
    assert "partial.rate" not in trial.names
    assert "partial.epochs" in trial.names


def test_an_option_of_several_values_gets_one():
    assert draw(Ends(True), "probe", "text-classification", {}) == {"c": [300.0]}


def test_settings_are_read_back_from_toml():
    import tomllib

    found = {"linear": {"c": [0.3], "class_weight": "none"}, "partial": {"rate": 0.0004}}
    table = tomllib.loads(toml("partial", found))
    assert table == {"method": "partial", "options": found}
    assert settings(found["partial"]) == "rate 0.0004"
    assert settings({}) == "defaults"
