"""The advice on requirements: whole, valid, in its place, and with no markup but code."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from protocol import spec
from reports import advice

REQUIREMENTS = spec.load().requirements.values()
PROFILES = [profile.name for profile in spec.load().profiles.values()]
SCHEMA = json.loads((advice.FOLDER.parent / "schemas" / "advice.schema.json").read_text(encoding="utf-8"))
VALID = jsonschema_rs.Draft202012Validator(SCHEMA)
MARKUP = re.compile(r"\*\*|__\w|\]\(|\[\w+\]:|<[a-zA-Z/!]|^#|^[-*+] |&\w+;|https?://", re.MULTILINE)


def file(profile: str) -> Path:
    return advice.FOLDER / f"{profile}.yaml"


def entries(profile: str) -> Any:
    return yaml.safe_load(file(profile).read_text(encoding="utf-8"))


def texts(profile: str) -> Iterator[tuple[str, str]]:
    """Every text of a profile, with its requirement."""
    for name, entry in entries(profile).items():
        for text in (entry["why"], *entry["failures"], entry["fix"]):
            yield name, text


def test_each_profile_has_one_file() -> None:
    assert sorted(one.stem for one in advice.FOLDER.glob("*.yaml")) == sorted(PROFILES)


@pytest.mark.parametrize("profile", PROFILES)
def test_a_file_is_valid_by_its_schema(profile: str) -> None:
    assert [f"{e.instance_path}: {e.message[:200]}" for e in VALID.iter_errors(entries(profile))] == []


@pytest.mark.parametrize("profile", PROFILES)
def test_each_requirement_has_one_entry_in_its_profiles_file_in_the_order_of_the_spec(profile: str) -> None:
    # YAML itself keeps the last of two entries and says nothing, so the lines are looked at.
    named = re.findall(r"^(\S+):$", file(profile).read_text(encoding="utf-8"), re.MULTILINE)
    assert named == [one.id for one in REQUIREMENTS if one.profile == profile]


@pytest.mark.parametrize("profile", PROFILES)
def test_code_is_the_only_markup_and_its_backticks_are_paired(profile: str) -> None:
    for name, text in texts(profile):
        assert text.count("`") % 2 == 0, (name, text)
        assert not MARKUP.search(re.sub(r"`[^`]+`", "", text)), (name, text)


def test_no_two_texts_are_the_same() -> None:
    every = Counter(" ".join(text.lower().split()) for profile in PROFILES for _, text in texts(profile))
    assert [text for text, times in every.items() if times > 1] == []


def test_no_text_repeats_the_sentence_of_its_requirement() -> None:
    sentences = {one.id: one.sentence.rstrip(".").lower() for one in REQUIREMENTS}
    assert [name for p in PROFILES for name, text in texts(p) if sentences[name] in text.lower()] == []


def test_advice_is_found_by_the_id_of_a_requirement() -> None:
    entry = entries("core")["MBOX-2"]
    assert advice.of("MBOX-2") == advice.Advice(entry["why"], tuple(entry["failures"]), entry["fix"])
    assert advice.of("MBOX-999") is None
