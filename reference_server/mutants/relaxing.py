"""What mutants of validation stand on: a server that asks other things of a body than the spec does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from protocol.spec import Json, load
from protocol.validation import Validator
from reference_server.app import App
from reference_server.mutants import Reaching


class Relaxed(Reaching, App):
    """Validates the bodies of an operation by its schema as `change` leaves it.

    The wrong path is taken with each body about which the right schema and the changed one disagree.
    """

    body_of: ClassVar[str] = ""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        found = load().operation(self.body_of)
        # Properties may share a schema in memory; a copy by way of JSON has one for each.
        schema = json.loads(json.dumps(found.request_schema))
        self.change(schema)
        route, _ = self._checks.router.find(found.method, found.path)
        assert route.body is not None
        # Routes are values, and this one is exchanged in a server that is wrong on purpose.
        object.__setattr__(route, "body", _Differing(schema, route.body, self.reached))

    def change(self, schema: Json) -> None:
        """Makes the schema wrong."""
        raise NotImplementedError


class OneMore(Relaxed):
    """The limit of a field is one more than it should be, or (`by = -1`) one less."""

    field: ClassVar[str] = ""
    limit: ClassVar[str] = "maxLength"
    by: ClassVar[int] = 1

    def change(self, schema: Json) -> None:
        property_of(schema, self.field)[self.limit] += self.by


class _Differing(Validator):
    """A validator that says when the right one would have decided otherwise."""

    __slots__ = ("_on_difference", "_right")

    def __init__(self, schema: Json, right: Validator, on_difference: Callable[[], None]) -> None:
        super().__init__(schema)
        self._right = right
        self._on_difference = on_difference

    def ok(self, value: object) -> bool:
        found = super().ok(value)
        if found != self._right.ok(value):
            self._on_difference()
        return found


def property_of(schema: Json, path: str) -> dict[str, Any]:
    """The schema of a property, by its dotted path; `items` leads into an array."""
    node: dict[str, Any] = schema
    for key in path.split("."):
        node = node["items"] if key == "items" else node["properties"][key]
    return node
