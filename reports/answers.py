"""What a recorded answer said: the one place that knows where the log keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def body_of(answer: Mapping[str, Any]) -> Any:
    """Its JSON, decrypted where it came sealed; None where it had none or too much to be kept whole."""
    return answer.get("decrypted", answer.get("body", {}).get("json"))
