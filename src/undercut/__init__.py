"""undercut: labelled data in; a small model you own out, compressed, served, metered and priced.

The public verbs are loaded on first use, so that ``import undercut`` costs nothing::

    import undercut
    facts = undercut.run(undercut.RunSpec(train=["train.csv"]))
    model = undercut.load(facts.artefact)
    model.predict(["where is my parcel"])
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_VERBS = {
    "check": "undercut.pipeline.checking.check",
    "coreset": "undercut.pipeline.coreset.labelling",
    "train": "undercut.pipeline.verbs",
    "evaluate": "undercut.pipeline.verbs",
    "compress": "undercut.pipeline.compressing.verb",
    "price": "undercut.pipeline.verbs",
    "report": "undercut.pipeline.verbs",
    "predict_file": "undercut.serving.predict_verb",
    "explain": "undercut.pipeline.explaining",
    "doctor": "undercut.pipeline.doctor.doctor",
    "new": "undercut.pipeline.scaffold",
    "run": "undercut.pipeline.run",
    "cascade": "undercut.pipeline.cascade.build",
    "rival": "undercut.pipeline.rival.run",
    "market": "undercut.pipeline.scenario.market",
    "price_scenario": "undercut.pipeline.scenario.answer",
    "war": "undercut.pipeline.scenario.answer",
    "invest": "undercut.pipeline.scenario.answer",
    "plan": "undercut.pipeline.scenario.answer",
    "learning_curve": "undercut.pipeline.curves",
    "loadtest": "undercut.serving.loadtest.run",
    "load": "undercut.predict.predictor",
    "serve": "undercut.serving.run",
    "keys": "undercut.serving.keys_verb",
    "usage": "undercut.serving.usage_verb",
    "invoice": "undercut.serving.invoice_verb",
    "feedback": "undercut.serving.feedback_verb",
    "KeysSpec": "undercut.core.specs_serving",
    "UsageSpec": "undercut.core.specs_serving",
    "InvoiceSpec": "undercut.core.specs_serving",
    "FeedbackSpec": "undercut.core.specs_serving",
    "ServeOptions": "undercut.serving.options",
    "Client": "undercut.serving.client",
    "AsyncClient": "undercut.serving.client",
    "UndercutError": "undercut.core.errors",
    "RunSpec": "undercut.core.specs_training",
    "CoresetSpec": "undercut.core.specs_data",
    "CheckSpec": "undercut.core.specs_data",
    "TrainSpec": "undercut.core.specs_training",
    "EvaluateSpec": "undercut.core.specs_models",
    "CompressSpec": "undercut.core.specs_models",
    "PriceSpec": "undercut.core.specs_results",
    "PredictSpec": "undercut.core.specs_models",
    "RivalSpec": "undercut.core.specs_rival",
    "CascadeSpec": "undercut.core.specs_cascade",
    "ReportSpec": "undercut.core.specs_results",
    "ExplainSpec": "undercut.core.specs_models",
    "DoctorSpec": "undercut.core.specs_setup",
    "NewSpec": "undercut.core.specs_data",
    "ScenarioSpec": "undercut.core.specs_economics",
    "PriceBookSpec": "undercut.core.specs_economics",
    "WarSpec": "undercut.core.specs_economics",
    "InvestSpec": "undercut.core.specs_economics",
    "PlanSpec": "undercut.core.specs_economics",
    "LearningCurveSpec": "undercut.core.specs_economics",
    "LoadtestSpec": "undercut.core.specs_economics",
}

__all__ = ["__version__", *sorted(_VERBS)]


def __getattr__(name: str) -> Any:
    if name in _VERBS:
        return getattr(import_module(_VERBS[name]), name)
    raise AttributeError(f"module 'undercut' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
