"""Rules of lint about what two files say: openapi.yaml against policy, test control and probes."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

from protocol.findings import ASYNCAPI, CONTROL, OPENAPI, PAGE, POLICY, PROBES, Files, Finding
from protocol.spec import Json, dereference
from protocol.validation import Validator


def versions_agree(files: Files) -> Iterator[Finding]:
    version = files.at(POLICY, "version")
    described = ((file, ("info", "version")) for file in (OPENAPI, CONTROL, ASYNCAPI))
    for file, keys in (*described, (PAGE, ("version",))):
        if files.at(file, *keys) != version:
            yield Finding(file, ".".join(keys), f"expected {version} (policy.yaml version)")


def operations_are_named_once(files: Files) -> Iterator[Finding]:
    seen: set[str] = set()
    for name, method, path, _ in files.operations():
        if name in seen:
            yield Finding(OPENAPI, f"paths.{path}.{method}", f"the operationId {name} is given twice")
        seen.add(name)


def every_operation_has_a_budget_or_none(files: Files) -> Iterator[Finding]:
    known = {name for name, *_ in files.operations()}
    budgets = files.at(POLICY, "budgets")
    for name in sorted(known - budgets.keys()):
        yield Finding(POLICY, f"budgets.{name}", "is missing; give the operation a budget or say `none`")
    for name in sorted(budgets.keys() - known):
        yield Finding(POLICY, f"budgets.{name}", "is no operation of openapi.yaml")


def otp_digits_agree(files: Files) -> Iterator[Finding]:
    digits = files.at(POLICY, "limits", "otp_digits")
    good, bad = ["1" * digits], ["1" * (digits - 1), "1" * (digits + 1), "a" * digits]
    told = ("paths", "/__test__/otp", "get", "responses", "200", "content", "application/json", "schema")
    for file, key, schema in (
        (OPENAPI, *_property(files, "VerifyOtpRequest", "otp")),
        (CONTROL, ".".join(told), files.at(CONTROL, *told, "properties", "otp")),
    ):
        if not _fits(schema, good, bad):
            yield Finding(file, key, f"expected exactly {digits} digits (policy.yaml limits.otp_digits)")


def the_envelope_agrees(files: Files) -> Iterator[Finding]:
    policy = files.at(POLICY, "envelope")
    tag = policy["tag_bytes"]
    for name, good, bad in (
        ("version", [policy["version"]], [policy["version"] + 1, str(policy["version"])]),
        ("algorithm", [policy["algorithm"]], [policy["algorithm"] + "x", ""]),
        ("iv", [_base64(policy["iv_bytes"])], _other_lengths(policy["iv_bytes"])),
        ("salt", [_base64(policy["salt_bytes"])], _other_lengths(policy["salt_bytes"])),
        ("data", [_base64(tag), _base64(tag + 1), _base64(tag + 1000)], [_base64(tag - 1), ""]),
    ):
        key, schema = _property(files, "Envelope", name)
        if not _fits(schema, good, bad):
            yield Finding(OPENAPI, key, "differs from what policy.yaml says under `envelope`")
    for name, _, _, operation in files.operations():
        for header in operation.get("responses", {}).get("200", {}).get("headers", {}):
            if "encrypted" in header.lower() and header != policy["header"]:
                key = f"{name}.responses.200.headers.{header}"
                yield Finding(OPENAPI, key, f"expected {policy['header']} (policy.yaml envelope.header)")


def names_agree(files: Files) -> Iterator[Finding]:
    for where, key in (
        (("securitySchemes", "cookie", "name"), "token_cookie"),
        (("securitySchemes", "refreshCookie", "name"), "refresh_cookie"),
        (("parameters", "Csrf", "name"), "csrf_header"),
    ):
        name, wanted = files.at(OPENAPI, "components", *where), files.at(POLICY, "names", key)
        if name != wanted:
            place = ".".join(("components", *where))
            yield Finding(OPENAPI, place, f"expected {wanted} (policy.yaml names.{key}), got {name}")


def sizes_agree(files: Files) -> Iterator[Finding]:
    """No limit of policy.yaml refuses what a schema allows, and the size of an emoji is the same in both."""
    limits = files.at(POLICY, "limits")
    key, emoji = _property(files, "UploadEmojiRequest", "file")
    if emoji.get("x-max-bytes") != limits["emoji_bytes"]:
        wanted = limits["emoji_bytes"]
        yield Finding(OPENAPI, key, f"expected x-max-bytes {wanted} (policy.yaml limits.emoji_bytes)")
    document = files.documents[OPENAPI]
    for name, _, _, operation in files.operations():
        for media in operation.get("requestBody", {}).get("content", {}).values():
            most = _most_bytes(dereference(document, media.get("schema", {})))
            if most >= limits["body_bytes"]:
                yield Finding(
                    POLICY,
                    "limits.body_bytes",
                    f"a valid body of {name} may have {most} bytes, and {limits['body_bytes']} are refused",
                )
    longest = files.at(OPENAPI, "components", "schemas", "RoomId").get("maxLength", 0)
    if longest >= limits["path_id_bytes"]:
        yield Finding(
            POLICY,
            "limits.path_id_bytes",
            f"a roomId may have {longest} characters, and {limits['path_id_bytes']} are refused",
        )


def examples_are_valid(files: Files) -> Iterator[Finding]:
    """Every schema with an example compiles, and takes it."""
    for file in (OPENAPI, CONTROL):
        document = files.documents[file]
        for where, media in _with_examples(document, ()):
            key = ".".join(where)
            schema = dereference(document, media["schema"])
            try:
                validator = Validator(schema)
            except ValueError as error:
                yield Finding(file, key, f"the schema is unusable: {' '.join(str(error).split())}")
                continue
            for name, example in media["examples"].items():
                for problem in validator.problems(example.get("value")):
                    where_in = f"examples.{name}" + (f".{problem.path}" if problem.path else "")
                    yield Finding(file, f"{key}.{where_in}", problem.message)


def probes_are_what_they_claim(files: Files) -> Iterator[Finding]:
    """Odd names are valid; markup, odd addresses and the pattern violations of a field (not `type`) no."""
    violations = files.at(PROBES, "pattern_violations")
    fields = {"roomId": "RoomId", "id": "UserId", "name": "Name", "keyHash": "KeyHash", "sdp": "Sdp"}
    for key, schema, valid, probes in (
        ("weird_names", "Name", True, files.at(PROBES, "weird_names")),
        ("markup", "Name", False, files.at(PROBES, "markup")),
        ("emoji_names.right", "EmojiName", True, files.at(PROBES, "emoji_names", "right")),
        ("emoji_names.wrong", "EmojiName", False, files.at(PROBES, "emoji_names", "wrong")),
        ("invalid_emails", "Email", False, files.at(PROBES, "invalid_emails")),
        *(
            (f"pattern_violations.{key}", fields[key], False, violations[key])
            for key in fields
            if key in violations
        ),
    ):
        validator = Validator(files.at(OPENAPI, "components", "schemas", schema))
        for index, probe in enumerate(probes):
            if validator.ok(probe) is not valid:
                sentence = f"should be {'a' if valid else 'no'} valid {schema} of openapi.yaml"
                yield Finding(PROBES, f"{key}[{index}]", sentence)


def _property(files: Files, schema: str, name: str) -> tuple[str, Json]:
    keys = ("components", "schemas", schema, "properties", name)
    return ".".join(keys), dereference(files.documents[OPENAPI], files.at(OPENAPI, *keys))


def _fits(schema: Json, good: Sequence[object], bad: Sequence[object]) -> bool:
    try:
        validator = Validator(schema)
    except ValueError:
        return False
    return all(map(validator.ok, good)) and not any(map(validator.ok, bad))


def _base64(size: int) -> str:
    return b64encode(bytes(size)).decode()


def _other_lengths(size: int) -> list[str]:
    return [_base64(size - 1), _base64(size + 1), ""]


def _most_bytes(schema: Json) -> int:
    """An upper bound of the UTF-8 bytes in the strings of a valid value, as far as the schema bounds them."""
    own = int(schema.get("x-max-bytes", 4 * schema.get("maxLength", 0)))
    within = sum(_most_bytes(item) for item in schema.get("properties", {}).values())
    items = schema.get("items")
    return own + within + (int(schema.get("maxItems", 0)) * _most_bytes(items) if items else 0)


def _with_examples(node: Any, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Json]]:
    if isinstance(node, dict):
        if "schema" in node and "examples" in node:
            yield where, node
        for key, item in node.items():
            yield from _with_examples(item, (*where, str(key)))


RULES = (
    versions_agree,
    operations_are_named_once,
    every_operation_has_a_budget_or_none,
    otp_digits_agree,
    the_envelope_agrees,
    names_agree,
    sizes_agree,
    examples_are_valid,
    probes_are_what_they_claim,
)
