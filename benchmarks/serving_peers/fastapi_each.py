"""FastAPI + uvicorn as tutorials have it: the model is called once a request.

``--way thread``: a plain ``def`` endpoint, which the framework runs in its pool of threads.
``--way loop``: ``async def``, the model called in the event loop.
"""

from __future__ import annotations

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from benchmarks.serving_peers.model import Model, options

asked = options()
model = Model(asked.folder)
app = FastAPI()


class Body(BaseModel):
    """One text."""

    inputs: str


class Answer(BaseModel):
    """Its label."""

    label: str
    probability: float


if asked.way == "thread":

    @app.post("/v1/predict")
    def predict(body: Body) -> Answer:
        """Answer one text."""
        return Answer(**model.answer([body.inputs])[0])
else:

    @app.post("/v1/predict")
    async def predict_in_loop(body: Body) -> Answer:
        """Answer one text."""
        return Answer(**model.answer([body.inputs])[0])


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=asked.port, log_level="warning", access_log=False)
