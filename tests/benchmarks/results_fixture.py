"""Made-up results in the shape the benchmarks write, for the tests of claims and tables."""

from __future__ import annotations

from typing import Any

RUNTIME = {
    "accuracy": 0.94, "texts_per_second": 900.0, "texts_per_second_tokenised": 950.0,
    "p50_ms": 3.0, "p99_ms": 6.0, "peak_memory_bytes": 4e8,
    "share_of_peak": {"float32": 0.5, "bfloat16": 0.25, "int8": None},
}  # fmt: skip


def document(name: str, rows: list[dict[str, Any]], session: str = "one") -> dict[str, Any]:
    return {
        "benchmark": name,
        "schema": 1,
        "session": session,
        "date": "2026-01-02T03:04:05+00:00",
        "commit": "0123456789abcdef",
        "uncommitted_changes": False,
        "processor": "Test CPU",
        "instructions": ["avx2"],
        "cores": 2,
        "threads": 2,
        "system": "Linux x86_64",
        "versions": {"python": "3.11"},
        "seeds": sorted({r["seed"] for r in rows if "seed" in r}),
        "settings": {},
        "rows": rows,
    }


def extrapolated(recipe: str, cpu: float, seed: int = 0, rate: float = 2e-5) -> dict[str, Any]:
    return {
        "recipe": recipe,
        "learning_rate": rate,
        "seed": seed,
        "extrapolated": True,
        "steps_timed": 15,
        "steps_total": 3130,
        "cpu_seconds": {"value": cpu, "low": cpu * 0.9, "high": cpu * 1.1},
        "accuracy": None,
        "others_cores": 0.0,
    }


def formulas(
    mixed_ms: float = 1.3, covered: float = 0.946, slow: float = 1.0
) -> list[dict[str, Any]]:
    """Return rows of the economics part: pyblp at 26 ms, three sizes of wars, one interval."""
    timed = [
        {"name": name, "who": who, "cpu_milliseconds": ms, "repetitions": 3}
        for name, who, ms in (
            ("nash", "undercut", 0.25),
            ("nash", "undercut, with the unilateral gain", 0.3),
            ("mixed", "undercut", 1.0),
            ("mixed", "undercut, with the unilateral gain", mixed_ms),
            ("markets", "undercut", 160.0),
        )
    ]
    peers = [
        {"name": name, "who": "pyblp", "cpu_milliseconds": 26.0, "repetitions": 3,
         "times_as_long": 26.0 / ms, "wanted": 20, "largest_difference": 1e-13}
        for name, ms in (("nash", 0.25), ("mixed", 1.0))
    ]  # fmt: skip
    wars = [
        {"name": f"growth {paths}", "who": "undercut", "firms": 20, "paths": paths,
         "path_months": 36 * paths, "cpu_seconds": each * paths * 720e-9,
         "nanoseconds_per_firm_month": each, "megabytes_at_most": 196.0}
        for paths, each in ((2_778, 500.0), (27_778, 400.0), (277_778, 400.0 * slow))
    ]  # fmt: skip
    held = {"name": "coverage alpha", "covered": covered, "expected": 0.95, "error": 0.0097}
    return [*timed, *peers, *wars, held]


def own(method: str, seed: int, accuracy: float, cpu: float) -> dict[str, Any]:
    return {
        "dataset": "banking77",
        "method": method,
        "seed": seed,
        "accuracy": accuracy,
        "macro_f1": accuracy,
        "valid_quality": accuracy,
        "promoted": f"{method} int8",
        "rungs": [{"rung": "linear", "status": "climbed", "reason": "the first rung"}],
        "training_cpu_seconds": cpu,
        "whole_cpu_seconds": cpu * 1.5,
    }


def contender(name: str, rate: float, **more: Any) -> dict[str, Any]:
    return {"name": name, "rounds": [rate] * 3, "cpu_ms_a_text": [1.0] * 3, **more}


def planted(dataset: str, seed: int) -> dict[str, Any]:
    shares = ("precision_20", "precision_100", "precision_planted", "precision", "recall")
    hits = {"listed": 80, "recall_planted": 0.7} | dict.fromkeys(shares, 0.8)
    ways = ("half dropped", "half corrected", "all dropped", "first read", "all read")
    gain = {"accuracy": 0.91, "gain": 0.01, "low": 0.002, "high": 0.018, "p_value": 0.01}
    gain |= {"up": [1, 2], "down": [3]}
    return {
        "dataset": dataset,
        "seed": seed,
        "ours": hits,
        "cleanlab": {"prune_by_noise_rate, self_confidence": hits},
        "noisy_accuracy": 0.9,
        "test_rows": 100,
        "cleaned": dict.fromkeys((*ways, "never planted"), gain),
    }


def chosen(seed: int) -> dict[str, Any]:
    row = {"use": "train", "start": 0, "n": 100, "model": "linear"}
    ways = {"at random": 0.6, "coverage (ours)": 0.66 + seed / 100, "k-center": 0.55}
    found = [row | {"way": way, "accuracy": accuracy} for way, accuracy in ways.items()]
    return {"dataset": "sst2", "seed": seed, "rows": 900, "found": found}


def tagged(stack: float, seconds: float) -> dict[str, Any]:
    rungs = {"full": 88.0, "linear": 86.0, "stack": stack}
    return {
        "dataset": "conll2003",
        "method": "full",
        "seed": 0,
        "rungs": {k: {"f1": v, "token_accuracy": v + 8} for k, v in rungs.items()},
        "valid_f1": rungs,
        "pays": True,
        "cpu_seconds": {"full": seconds - 20, "linear": 15.0},
        "whole_cpu_seconds": seconds,
    }


def words(name: str, f1: float, seconds: float) -> dict[str, Any]:
    row = {"dataset": "conll2003", "name": name, "seed": 0, "f1": f1, "valid_f1": f1 + 4}
    row |= {"f1_low": f1 - 2, "f1_high": f1 + 2, "training": {"cpu_seconds": seconds}}
    return row


def searched(tuned: float, default: float, p: float, usd: float = 0.05) -> dict[str, Any]:
    from pipeline.tuning.search_fixture import search_facts

    def model(accuracy: float) -> dict[str, Any]:
        return {"promoted": "partial", "valid_quality": 0.93, "accuracy": accuracy, "usd": 0.06}

    return {
        "dataset": "banking77",
        "seed": 0,
        "budget_usd": 0.05,
        "search": search_facts().model_dump(mode="json") | {"usd": usd},
        "tuned": model(tuned),
        "default": model(default),
        "only_tuned_right": 30,
        "only_default_right": 20,
        "p_value": p,
        "figure": "tune_banking77.png",
    }


def under_load(name: str, connections: int | None, rate: float, p50: float) -> dict[str, Any]:
    """A server's row; of ``None`` connections, the backend alone."""
    row = {"model": "probe", "contender": name, "per_second": rate, "p50_ms": p50}
    row |= {"p99_ms": 2 * p50, "generator_cores": [1], "server_cores": [0]}
    return row | ({} if connections is None else {"connections": connections})


def soaked(memory: float) -> dict[str, Any]:
    third = {"per_second": 400.0, "p50_ms": 4.0, "p99_ms": 9.0, "mb": 300.0}
    return {
        "minutes": 20,
        "thirds": {"first": third, "middle": third, "last": third | {"mb": 300.0 * memory}},
    }


def results(probe: float = 0.94, cpu: float = 40.0, fast: float = 1500.0) -> dict[str, Any]:
    """All results; the arguments move a claim across its target."""
    rows = {
        "peers_tutorial": [extrapolated("tutorial", 7000 + 100 * s, s) for s in range(3)],
        "peers_trainer": [
            extrapolated("trainer", 2200.0),
            extrapolated("trainer, grouped by length, bf16", 700.0),
        ],
        "peers_linear": [
            {
                "recipe": "word",
                "seed": 0,
                "accuracy": 0.894,
                "training": {"cpu_seconds": 0.7},
                "process": {"cpu_seconds": 2.7},
            }
        ],
        "ours": [
            *(own("linear", s, 0.914, 3.0) for s in range(3)),
            *(own("probe", s, probe + s / 1000, cpu) for s in range(3)),
            *(own("full", s, 0.945, 120.0) for s in range(3)),
            *(own("auto", s, 0.942, 90.0) for s in range(3)),
        ],
        "labels": [planted("banking77", s) for s in range(2)],
        "serving": [
            under_load("backend", None, 1200.0, 2.7),
            under_load("ours", 1, 300.0, 3.0),
            under_load("ours", 64, 1000.0, 60.0),
            under_load("ours, no keys", 64, 1040.0, 58.0),
            under_load("fastapi, thread", 1, 320.0, 2.8),
            under_load("fastapi, loop", 1, 330.0, 2.9),
            under_load("fastapi, loop", 64, 350.0, 180.0),
            under_load("litserve", 64, 450.0, 130.0),
            under_load("no-op", 64, 20_000.0, 3.0),
        ],
        "serving_soak": [soaked(1.01)],
        "distil": [
            {
                "dataset": "banking77",
                "name": "distil-hashed",
                "seed": seed,
                "accuracy": 0.929,
                "cpu_seconds": 12.0,
                "size_bytes": 1e7,
                "to_label": {"wall": 450_000, "cpu": 460_000, "texts": 20_000},
                "to_prediction": {"wall": 200_000, "cpu": 210_000, "texts": 20_000},
            }
            for seed in range(3)
        ],
        "cascade": [
            {
                "dataset": "banking77",
                "name": "max drop 1",
                "first": "linear",
                "last": "partial",
                "seed": 0,
                "accuracy": 0.94,
                "last_accuracy": 0.942,
                "difference": -0.002,
                "difference_low": -0.006,
                "difference_high": 0.002,
                "p_value": 0.4,
                "escalated_on_validation": 0.2,
                "texts_per_second": 8000.0,
                "last_texts_per_second": 1000.0,
                "times": 8.0,
            }
        ],
        "coreset": [chosen(s) for s in range(3)],
        "tagging": [words("undercut linear", 87.2, 13.0), words("spaCy", 74.0, 60.0)],
        "tagging_rungs": [tagged(90.4, 600.0)],
        "peers_tagging": [extrapolated("tutorial", 7000.0) | {"dataset": "conll2003"}],
        "tune": [searched(0.946, 0.945, 0.6)],
        "adapters": [
            {
                "dataset": dataset,
                "method": method,
                "seed": 0,
                "accuracy": accuracy,
                "trainable_parameters": trained,
                "total_parameters": 1_000,
                "cpu_seconds": 10.0,
                "peak_memory_bytes": 5e8,
                "size_bytes": 1e6,
            }
            for dataset in ("banking77", "sst2")
            for method, trained, accuracy in (
                ("full", 1_000, 0.94),
                ("lora", 20, 0.935),
                ("adapter", 30, 0.931),
            )
        ],
        "throughput": [
            contender("transformers.pipeline, default", 120.0, kind="pipeline"),
            contender("transformers.pipeline, batch 32", 220.0, kind="pipeline"),
            contender(
                "probe+linear int8",
                fast,
                kind="undercut",
                rung="probe",
                gate="passed",
                promoted=True,
                valid_quality=0.94,
            ),
        ],
        "runtimes": [
            {
                "kind": "peak",
                "name": "matrix peak",
                "threads": 1,
                "gflops": {"float32": 200.0, "bfloat16": 400.0, "int8": None},
            },
            {
                "kind": "pipeline",
                "name": "transformers.pipeline, default",
                "threads": 1,
                **RUNTIME,
                "texts_per_second_tokenised": None,
                "accuracy": None,
            },
            {
                "kind": "undercut",
                "name": "onnxruntime float32",
                "threads": 2,
                "gate": "passed",
                "gated": True,
                "promoted": True,
                "size_bytes": 9e7,
                **RUNTIME,
                "texts_per_second": 3_000.0,
            },
            {
                "kind": "undercut",
                "name": "openvino int8, 3 layers",
                "layers": 3,
                "threads": 2,
                "gated": False,
                "size_bytes": 2e7,
                **RUNTIME,
                "accuracy": 0.938,
                "texts_per_second": 6_100.0,
            },
            {
                "kind": "undercut",
                "name": "torch bfloat16",
                "threads": 1,
                "gate": "reference",
                "gated": False,
                "promoted": False,
                "size_bytes": 9e7,
                **RUNTIME,
            },
            {
                "kind": "sentence_transformers",
                "name": "sentence-transformers, onnx",
                "threads": 1,
                "failed": "No module named 'optimum'",
            },
        ],
        "cold": [
            {
                "model": "linear",
                "backend": "numpy",
                "torch": "hidden",
                "threads": 1,
                "wall_seconds": 0.5,
                "cpu_seconds": 0.4,
                "all_wall_seconds": [0.4, 0.5, 0.6],
            }
        ],
        "growth": [
            {
                "model": "linear",
                "rows_asked": rows,
                "megabytes": 0.1,
                "wall_seconds": rows / 1_000,
                "rows_per_second": 1_000.0,
                "cpu_seconds": 1.0,
                "cost_usd": 1e-5,
                "peak_memory_bytes": 2e8,
                "killed": killed,
                "kept_rows": 5_120,
                "resumed_rows": 5_120 if killed else 0,
                "same_bytes": True,
            }
            for rows, killed in ((1_000, False), (10_000, False), (10_000, True))
        ],
        "economics": formulas(),
        "startup": [
            {"command": "undercut --help", "wall_seconds": [0.2] * 10, "cpu_seconds": [0.2] * 10}
        ],
        "chinese": [
            {
                "dataset": name,
                "seed": 0,
                "accuracy": 0.88,
                "peer": "word + character",
                "peer_settings": {"C": 0.3},
                "peer_accuracy": 0.879,
                "peer_cpu_seconds": 1.0,
                "whole_cpu_seconds": 4.0,
                "only_ours_right": 20,
                "only_peer_right": 18,
                "p_value": 0.87,
                "significantly_below": False,
            }
            for name in ("waimai_10k", "thucnews_titles")
        ],
    }
    return {name: document(name, of) for name, of in rows.items()}
