"""Rules of lint about requirements.yaml: does every id, profile and level lead somewhere, and to a check?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from protocol.findings import POLICY, REQUIREMENTS, Files, Finding
from protocol.spec import Json


def ids_are_unique(files: Files) -> Iterator[Finding]:
    for name, times in Counter(entry["id"] for entry in files.requirements()).items():
        if times > 1:
            yield Finding(REQUIREMENTS, name, f"the id is given {times} times")


def every_name_is_known(files: Files) -> Iterator[Finding]:
    """Profiles, operations, conditions, timings and bounds that a requirement names are there."""
    profiles, conditions = files.at(REQUIREMENTS, "profiles"), files.at(REQUIREMENTS, "conditions")
    operations = {name for name, *_ in files.operations()}
    timings = files.at(POLICY, "timings")
    for name, profile in profiles.items():
        for operation in profile.get("operations", ()):
            if operation not in operations:
                yield Finding(REQUIREMENTS, f"profiles.{name}.operations", _no_operation(operation))
    for entry in files.requirements():
        name = entry["id"]
        if entry["profile"] not in profiles:
            yield Finding(REQUIREMENTS, f"{name}.profile", f"{entry['profile']} is not among the profiles")
        for operation in entry.get("operations", ()):
            if operation not in operations:
                yield Finding(REQUIREMENTS, f"{name}.operations", _no_operation(operation))
        if "when" in entry and entry["when"] not in conditions:
            yield Finding(REQUIREMENTS, f"{name}.when", f"{entry['when']} is not among the conditions")
        for timing in re.findall(r"\w+", entry.get("wait", "")):
            if timing not in timings:
                yield Finding(REQUIREMENTS, f"{name}.wait", f"policy.yaml has no timing {timing}")
        for section, key in _bounds(entry["expected"]):
            if key not in files.documents[POLICY].get(section, {}):
                yield Finding(REQUIREMENTS, f"{name}.expected", f"policy.yaml has no {section}.{key}")


def every_operation_belongs_to_one_profile(files: Files) -> Iterator[Finding]:
    owners = Counter(
        operation
        for profile in files.at(REQUIREMENTS, "profiles").values()
        for operation in profile.get("operations", ())
    )
    for name, *_ in files.operations():
        if owners[name] != 1:
            sentence = f"expected {name} in the operations of exactly one profile, found it in {owners[name]}"
            yield Finding(REQUIREMENTS, "profiles", sentence)


def every_profile_counts_in_a_level(files: Files) -> Iterator[Finding]:
    """A level asks for the requirements of its profiles that have its own subject."""
    profiles = files.at(REQUIREMENTS, "profiles")
    levels = files.at(REQUIREMENTS, "levels")
    counted = {(profile, level["subject"]) for level in levels for profile in level["profiles"]}
    for level in levels:
        for name in level["profiles"]:
            if name not in profiles:
                yield Finding(REQUIREMENTS, f"levels.{level['name']}", f"{name} is not among the profiles")
    for name, profile in profiles.items():
        if not profile.get("optional") and (name, profile["subject"]) not in counted:
            sentence = f"is in no level of its subject ({profile['subject']})"
            yield Finding(REQUIREMENTS, f"profiles.{name}", sentence)
    for entry in files.requirements():
        subject = entry.get("subject")
        if subject is not None and (entry["profile"], subject) not in counted:
            sentence = f"{entry['profile']} is in no level of the subject {subject}"
            yield Finding(REQUIREMENTS, f"{entry['id']}.subject", sentence)


def every_id_has_its_check(files: Files, known: Mapping[str, Collection[str]]) -> Iterator[Finding]:
    """Given the modules in which the checks of an id are: a `checked:` id has one there, no other has any."""
    entries = {entry["id"]: entry for entry in files.requirements()}
    for name, entry in entries.items():
        if "checked" not in entry:
            if name in known:
                yield Finding(REQUIREMENTS, name, f"is excluded, yet {_places(known[name])} checks it")
        elif not known.get(name):
            yield Finding(REQUIREMENTS, name, f"has no check, though {entry['checked']} is said to check it")
        elif entry["checked"] not in known[name]:
            sentence = f"is checked by {_places(known[name])}, not by {entry['checked']}"
            yield Finding(REQUIREMENTS, f"{name}.checked", sentence)
    for name in sorted(known.keys() - entries.keys()):
        yield Finding(REQUIREMENTS, name, f"is no requirement, yet {_places(known[name])} checks it")


def _bounds(expected: Json) -> Iterator[tuple[str, str]]:
    """The names of policy.yaml in the `below` of a measure, e.g. objectives.error_rate."""
    for option in expected.get("either", ()):
        yield from _bounds(option)
    below = expected.get("measure", {}).get("below", "")
    yield from re.findall(r"\b([a-z_]+)\.([a-z0-9_]+)\b", below)


def _no_operation(name: str) -> str:
    return f"{name} is no operation of openapi.yaml"


def _places(modules: Collection[str]) -> str:
    return " and ".join(sorted(modules))


RULES = (
    ids_are_unique,
    every_name_is_known,
    every_operation_belongs_to_one_profile,
    every_profile_counts_in_a_level,
)
