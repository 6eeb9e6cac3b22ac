"""The widget's own copy of the spec: an ES module made from it, so that no number stands in its code.

Pure: a Spec in, text out. What the widget does not need is left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from protocol.spec import Json, Spec, SpecError

OPERATIONS = (
    *("createRoom", "joinRoom", "leaveRoom", "listRooms", "heartbeat", "getIceServers"),
    *("sendOffer", "getOffer", "sendAnswer", "getAnswer", "sendCandidate", "getCandidates"),
    *("requestOtp", "verifyOtp", "me", "refresh", "logout", "listEmoji"),
)
TIMINGS = (
    *("heartbeat_interval", "poll_interval", "poll_timeout", "participant_look_interval"),
    *("offer_lifetime", "answer_lifetime"),
)
TOLD = ("description", "title", "default", "examples")  # of a schema, for people only


def module(spec: Spec) -> str:
    """The text of the module: `export const PROTOCOL = {...};`. Raises SpecError."""
    text = json.dumps(facts(spec), ensure_ascii=False, indent=1, sort_keys=True)
    return f"// Made from protocol/spec/ when the server started.\nexport const PROTOCOL = {text};\n"


def facts(spec: Spec) -> Json:
    """What the module holds. Timings are in seconds. Raises SpecError."""
    channel = spec.asyncapi["channels"]["chat"]
    frames = {name: _frame(spec, message["$ref"])["payload"] for name, message in channel["messages"].items()}
    words = spec.openapi["components"]["schemas"]
    content = spec.asyncapi["components"]["schemas"]["ChatFrame"]["properties"]["content"]
    answer = spec.asyncapi["components"]["messages"]["sync_response"]
    return {
        "version": spec.version,
        "operations": {name: _operation(spec, name) for name in OPERATIONS},
        "timings": {name: spec.timings[name] for name in TIMINGS},
        "limits": {
            **{name: spec.limits[name] for name in ("knocks", "otp_digits", "emoji_bytes")},
            "content_bytes": content["x-max-bytes"],
        },
        "envelope": spec.policy["envelope"],
        "images": sorted({image["type"] for image in spec.policy["emoji_images"].values()}),
        "names": {name: spec.policy["names"][name] for name in ("csrf_header", "user_claims")},
        "words": {name: _plain(words[name]) for name in ("Name", "RoomId", "UserId", "EmojiName")},
        "channel": channel["x-data-channel"],
        "peer": spec.asyncapi["x-policy"],
        "frames": frames,
        "batch": {
            "blocks": answer["payload"]["properties"]["blocks"]["maxItems"],
            "bytes": answer["x-max-bytes"],
        },
        "page": {name: spec.page[name] for name in ("global", "elements", "keys", "emoji", "history")},
    }


def _operation(spec: Spec, name: str) -> Json:
    operation = spec.operations[name]
    return {"method": operation.method, "path": operation.path}


def _frame(spec: Spec, reference: str) -> Json:
    """A message of asyncapi.yaml, with every reference of its payload replaced."""
    message = _pointed(spec.asyncapi, reference)
    return {"payload": _whole(spec, spec.asyncapi, message["payload"])}


def _whole(spec: Spec, document: Json, node: Any) -> Any:
    """A schema with its references replaced, also those into openapi.yaml, and without words for people."""
    if isinstance(node, list):
        return [_whole(spec, document, item) for item in node]
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        file, _, _ = reference.partition("#")
        target = spec.openapi if file.endswith("openapi.yaml") else document
        return _whole(spec, target, _pointed(target, reference))
    return {
        key: {name: _whole(spec, document, item) for name, item in value.items()}
        if key == "properties"
        else _whole(spec, document, value)
        for key, value in node.items()
        if key not in TOLD
    }


def _plain(schema: Mapping[str, Any]) -> Json:
    return {key: value for key, value in schema.items() if key not in TOLD}


def _pointed(document: Json, reference: str) -> Json:
    node: Any = document
    for part in reference.partition("#/")[2].split("/"):
        try:
            node = node[part]
        except (KeyError, TypeError):
            raise SpecError(f"$ref {reference}: points at nothing") from None
    if not isinstance(node, dict):
        raise SpecError(f"$ref {reference}: expected a mapping")
    return node
