"""Refusals that only wrong servers make."""

from __future__ import annotations

from reference_server.refusal import Refusal


class Pending(Refusal):
    status, error = 409, "Conflict"
