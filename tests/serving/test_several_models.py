"""Several models in one server: found by name, billed apart, and one base held once."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from conformance.fitted import fitted
from conformance.samples import rows_of
from serving.inside import MODEL, inside, problem
from serving.stand_ins import prediction
from undercut.core.errors import UndercutError
from undercut.serving.model_opening import open_model
from undercut.serving.options import Limits, ServeOptions
from undercut.serving.releasing.shop import names_of
from undercut.serving.schemas import ModelInfo
from undercut.serving.shelf import Shelf

OTHER = ModelInfo(name="returns", version="cd" * 32, labels=("yes", "no"))


class Always:
    """Answers every text alike."""

    def __init__(self, label):
        self.label = label

    def predict(self, inputs):
        return [prediction(self.label) for _ in inputs]


def test_each_answers_by_its_name_or_version_and_the_first_otherwise(tmp_path):
    async def go():
        models = [(Always("yes"), OTHER)]
        async with inside(tmp_path, Always("lost_card"), more=models) as it:
            for asked, label, info in (
                ({}, "lost_card", MODEL),
                ({"model": "tiny"}, "lost_card", MODEL),
                ({"model": "returns"}, "yes", OTHER),
                ({"model": OTHER.version}, "yes", OTHER),
            ):
                answer = (await it.ask("a text", **asked)).json()
                assert answer["predictions"][0]["label"] == label
                assert (answer["model"], answer["version"]) == (info.name, info.version)
            refused = problem(await it.ask("a", model="return"), 422, "model-unknown")
            assert "Did you mean 'returns'?" in str(refused)
            listed = (await it.http.get("/v1/models")).json()["models"]
            assert [m["name"] for m in listed] == ["tiny", "returns"]
            used = (await it.http.get("/v1/usage")).json()["usage"]
            assert sorted((u["model"], u["requests"]) for u in used) == [
                (MODEL.version, 2),
                (OTHER.version, 2),
            ]
            counted = (await it.http.get("/metrics")).text
            assert 'name="returns"' in counted
            assert "undercut_batch_inputs_total 4" in counted

    asyncio.run(go())


def test_a_correction_is_checked_against_the_labels_of_the_model_that_answered(tmp_path):
    async def go():
        async with inside(tmp_path, Always("lost_card"), more=[(Always("yes"), OTHER)]) as it:
            answer = (await it.ask("a text", model="returns")).json()
            for target, known in (("no", True), ("lost_card", False)):
                body = {"request_id": answer["request_id"], "target": target}
                found = (await it.http.post("/v1/feedback", json=body)).json()
                assert found["known_label"] is known

    asyncio.run(go())


def test_two_models_of_one_name_are_refused():
    with pytest.raises(UndercutError) as e:
        Shelf([(Always("a"), OTHER), (Always("b"), OTHER)], Limits())
    assert e.value.code == "serve-names"


def test_adapters_opened_for_one_server_are_named_by_their_folders_and_share_their_base(tmp_path):
    folders = [tmp_path / "refunds", tmp_path / "runs" / "late" / "model"]
    for method, folder in zip(("bitfit", "adapter"), folders, strict=True):
        shutil.copytree(fitted("text-classification", method)[0], folder)
    options = ServeOptions(threads=1, backend="torch")
    opened = [
        open_model(f, name, options=options)
        for f, (name, _) in zip(folders, names_of(folders), strict=True)
    ]
    assert [info.name for _, info in opened] == ["refunds", "late"]
    texts = rows_of("text-classification", 3, 0).inputs
    for predictor, _ in opened:
        predictor.predict(texts)
    bodies = [p._scorer.wide.module.body for p, _ in opened]
    words = {b.words.weight.data_ptr() for b in bodies}
    queries = {layer.query.weight.data_ptr() for b in bodies for layer in b.layers}
    assert len(words) == 1
    assert len(queries) == len(bodies[0].layers)
