"""A method's own options: every mistake in a sentence of its own, before anything is fitted."""

from __future__ import annotations

import pytest

from undercut.core.errors import UndercutError
from undercut.pipeline.method_options import check_options, check_workers

TASK = "text-classification"
BAD = [
    ({"lora": {"rnk": 8}}, "lora.rnk", "Did you mean 'rank'"),
    ({"lora": {"rank": 0}}, "lora.rank", "greater than or equal to 1"),
    ({"lora": {"rank": 2.5}}, "lora.rank", "integer"),
    ({"lora": {"alpha": 0}}, "lora.alpha", "greater than 0"),
    ({"lora": {"targets": "query"}}, "lora.targets", "'query-value'"),
    ({"lora": {"rate": 1}}, "lora.rate", "less than 1"),
    ({"lora": {"epochs": 0}}, "lora.epochs", "greater than or equal to 1"),
    ({"lora": {"batch_tokens": 1}}, "lora.batch_tokens", "64"),
    ({"lora": {"max_tokens": 1}}, "lora.max_tokens", "8"),
    ({"lora": {"merge": "perhaps"}}, "lora.merge", "boolean"),
    ({"adalora": {"rank": 16}}, "adalora", "start_rank 16 should be above rank 16"),
    ({"adalora": {"start_rank": 1}}, "adalora.start_rank", "2"),
    ({"adalora": {"orthogonality": -1}}, "adalora.orthogonality", "0"),
    ({"adalora": {"size": 8}}, "adalora.size", "an option of adalora"),
    ({"prefix": {"tokens": 0}}, "prefix.tokens", "1"),
    ({"prefix": {"token": 4}}, "prefix.token", "Did you mean 'tokens'"),
    ({"prompt": {"tokens": 1000}}, "prompt.tokens", "256"),
    ({"adapter": {"size": -1}}, "adapter.size", "1"),
    ({"adapter": {"rank": 8}}, "adapter.rank", "an option of adapter"),
    ({"bitfit": {"rank": 8}}, "bitfit.rank", "an option of bitfit"),
    ({"adaptor": {"size": 8}}, "options.adaptor", "Did you mean 'adapter'"),
    ({"full": {"rate": float("nan")}}, "full.rate", "found nan"),
]


@pytest.mark.parametrize(("tables", "where", "said"), BAD)
def test_one_clear_error(tables, where, said):
    with pytest.raises(UndercutError) as e:
        check_options(tables, TASK)
    assert e.value.code == "method-options"
    (problem,) = e.value.problems
    assert problem.where == where
    assert said in str(problem)


def test_all_mistakes_at_once():
    with pytest.raises(UndercutError) as e:
        check_options({"lora": {"rank": 0, "rnk": 1}, "prompt": {"tokens": 0}}, TASK)
    assert len(e.value.problems) == 3


def test_right_options_pass_and_so_do_those_of_methods_for_other_tasks():
    check_options({"lora": {"rank": 4, "targets": "attention"}, "bitfit": {}}, TASK)
    check_options({"lora": {"rank": 4}}, "no-such-task")


@pytest.mark.parametrize("method", ["linear", "hashed", "probe"])
def test_workers_beside_a_method_that_cannot_share_its_training_are_a_mistake(method):
    with pytest.raises(UndercutError, match="--workers 2: expected a method whose training") as e:
        check_workers(2, method)
    assert e.value.code == "method-flags"
    check_workers(1, method)


@pytest.mark.parametrize("method", ["auto", "full", "partial", "lora"])
def test_workers_may_stand_beside_those_that_can(method):
    check_workers(2, method)
