"""Import this before openvino or nncf: neither then reports its use to its makers.

nncf does so by itself, in whatever process quantises, unless the package it sends with is absent.
"""

from __future__ import annotations

import sys
from typing import Any

_modules: dict[str, Any] = sys.modules
_modules["openvino_telemetry"] = None
