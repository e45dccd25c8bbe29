"""Options of the `quantise-openvino` compressor."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class OpenVinoOptions(BaseModel):
    """Numbers an OpenVINO model computes with."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    precision: Literal["int8", "int8-weights", "bfloat16"] = Field(
        "int8",
        description="int8, calibrated on training rows; int8-weights, whose activations OpenVINO "
        "scales as they come; or bfloat16",
    )
    calibration_rows: int = Field(
        256, ge=16, le=10_000, description="training rows that scales are measured on"
    )
    keep: tuple[str, ...] = Field(
        (), description="matrix products that stay in float; the most sensitive after a refusal"
    )
