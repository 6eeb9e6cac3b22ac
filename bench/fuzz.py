"""The fuzzer against plain Schemathesis: the same ten faults, the same spec, the same time."""

from __future__ import annotations

# Chosen before anything was tuned: one fault of each kind.
FAULTS = {
    "unknown-parent-fails": "5xx",
    "room-without-its-date": "schema",
    "leaving-needs-no-token": "no token needed",
    "offer-survives-reading": "mailbox read twice",
    "names-may-be-one-longer": "limit off by one",
    "any-csrf-word-will-do": "CSRF",
    "a-refused-write-has-an-effect": "state changed by a refused write",
    "mail-leaks-between-rooms": "leak between rooms",
    "one-room-too-many": "budget off by one",
    "mail-may-be-stored": "header missing",
}
