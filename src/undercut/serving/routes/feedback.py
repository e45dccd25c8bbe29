"""POST /v1/feedback: the right answer to an earlier request."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from undercut.predict.answers import knows
from undercut.serving.desk import COMMON, Desk, id_of, in_thread, json_of, takes
from undercut.serving.problems import ApiError, error_responses
from undercut.serving.schemas import FeedbackAnswer, FeedbackBody, parse


def add(app: FastAPI, desk: Desk) -> None:
    """Add the routes."""

    @app.post(
        "/v1/feedback",
        response_model=FeedbackAnswer,
        responses=error_responses(*COMMON, 400, 404, 408, 413, 415, 422),
        openapi_extra=takes(FeedbackBody),
        summary="Correct the answer to an earlier request of yours",
        **desk.keyed,
    )
    async def correct(request: Request) -> Response:
        key_id = id_of(await desk.caller(request, "feedback"))
        body = parse(await desk.body_of(request), FeedbackBody)
        used = await in_thread(desk.meter.find, body.request_id)
        if used is None or used.key_id != key_id or body.index >= used.inputs:
            raise ApiError(
                404,
                "request-unknown",
                "expected the id of a request of yours, and the index of an input in it",
                "Use `request_id` from the answer of /v1/predict.",
            )
        row = (body.request_id, key_id, body.index, body.target, body.comment, body.text)
        await in_thread(desk.feedback.add, *row)
        info = desk.shelf.info_of(used.model)
        known = info is not None and knows(info.task, info.labels, body.target)
        answer = FeedbackAnswer(request_id=body.request_id, index=body.index, known_label=known)
        return json_of(answer)
