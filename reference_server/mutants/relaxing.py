"""Changes what the schema of one operation's body asks for. Only mutants have a use for it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

from protocol.spec import Json, load
from protocol.validation import Validator
from reference_server.routes import Router


def relax(router: Router, operation: str, change: Callable[[Json], None]) -> None:
    """Validates bodies of the operation by its schema as `change` leaves it."""
    found = load().operation(operation)
    schema = copy.deepcopy(found.request_schema or {})
    change(schema)
    route, _ = router.find(found.method, found.path)
    # Routes are values, and this one is exchanged in a server that is wrong on purpose.
    object.__setattr__(route, "body", Validator(schema))


def property_of(schema: Json, path: str) -> dict[str, Any]:
    """The schema of a property, by its dotted path."""
    node: dict[str, Any] = schema
    for key in path.split("."):
        node = node["properties"][key]
    return node
