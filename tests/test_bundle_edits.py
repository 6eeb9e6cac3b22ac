"""Every edit of a bundle is found, also where the hashes were made again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from bundle_kit import (
    LOG,
    MANIFEST,
    RESULT,
    SPEC,
    Edit,
    another_offer,
    another_status,
    dropped,
    edited,
    files_of,
    first,
    in_log,
    in_manifest,
    in_result,
    painted,
    records_of,
    scored,
    verified,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reports.bundle import BundleError, pack, verify


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scored(tmp_path_factory.mktemp("good"))


@pytest.fixture(scope="module")
def bundle(run: Path) -> Path:
    return pack.pack(run, SPEC, run / "good.parley.zip").file


def test_a_byte_changed_in_any_file_is_found_by_its_name(bundle: Path, tmp_path: Path) -> None:
    for name, content in files_of(bundle).items():
        if name == MANIFEST:
            continue

        def flip(files: dict[str, bytes], name: str = name, content: bytes = content) -> None:
            middle = len(content) // 2
            files[name] = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]

        found = verified(edited(bundle, tmp_path / "e.zip", flip, redo=False))
        assert [problem.partition(":")[0] for problem in found.problems] == [name]


def test_a_file_more_and_a_file_less_are_found(bundle: Path, tmp_path: Path) -> None:
    more = edited(bundle, tmp_path / "more.zip", lambda files: files.update({"run/x": b""}), redo=False)
    assert verified(more).problems == (f"run/x: in the bundle and not listed in {MANIFEST}",)
    less = edited(bundle, tmp_path / "less.zip", lambda files: files.pop(RESULT), redo=False)
    assert verified(less).problems == (f"{RESULT}: listed in {MANIFEST} and not in the bundle",)
    gone = edited(bundle, tmp_path / "gone.zip", lambda files: files.pop(RESULT))
    assert verified(gone).problems == (f"{RESULT}: not in the bundle; expected in every one",)


def set_in(kind: str, value: dict[str, Any], **wanted: Any) -> Edit:
    return in_log(lambda records: first(records, kind, **wanted).update(value))


EDITS: list[tuple[str, tuple[Edit, ...], str]] = [
    ("a pass painted red", painted("MBOX-2", "fail"), r"said to have failed, yet no expectation of it did"),
    (
        "a pass painted away",
        painted("MBOX-2", "not-applicable"),
        r"MBOX-2 \S+: said to be not-applicable, yet it was asked",
    ),
    (
        "a status of an answer",
        (in_log(another_status),),
        r"says status \d+ of exchange \d+, which has 418",
    ),
    (
        "a value in an answer",
        (in_log(another_offer),),
        r"says it saw a value in exchange \d+ that is not there",
    ),
    (
        "what an expectation saw",
        (
            set_in(
                "expectation",
                {"observed": {"status": 200, "object": True, "error": "x"}},
                predicate="accepted",
            ),
        ),
        r"says error x of exchange \d+, which has None",
    ),
    ("an exchange less", (dropped("exchange", operation="getOffer"),), r"which is not there before it"),
    (
        "the last exchange less",
        (in_log(lambda r: r.remove([x for x in r if x["type"] == "exchange"][-1])),),
        r"not there before it|answers looked at; the log has",
    ),
    (
        "a verdict less",
        (dropped("verdict", requirement="MBOX-2"),),
        r"MBOX-2 \S+: has exchange \d+, and no verdict",
    ),
    (
        "an exchange twice",
        (in_log(lambda r: r.insert(2, first(r, "exchange"))),),
        r"exchange \d+ is there twice",
    ),
    (
        "the score",
        (in_manifest(lambda m: m.update({"score": 12.5})),),
        rf"{MANIFEST}: score is 12.5; expected 100",
    ),
    (
        "a level",
        (in_manifest(lambda m: m["levels"]["Core"].update({"reached": True})),),
        rf"{MANIFEST}: levels.Core is reached; expected not reached",
    ),
    (
        "a verdict of the result alone",
        (in_result(lambda r: r["requirements"]["MBOX-2"].update({"verdict": "fail"})),),
        rf"{RESULT}: verdicts.MBOX-2 is fail; expected pass",
    ),
    ("the run", (in_manifest(lambda m: m.update({"run_id": "another"})),), rf"{MANIFEST}: run_id is another"),
    (
        "the target",
        (in_manifest(lambda m: m["target"].update({"name": "mine"})),),
        rf"{MANIFEST}: target.name is mine; expected reference server",
    ),
    ("the scope", (in_manifest(lambda m: m.update({"scored": "of all"})),), rf"{MANIFEST}: scored is of all"),
    (
        "the spec's hash",
        (in_manifest(lambda m: m["spec"].update({"hash": "0" * 64})),),
        rf"{MANIFEST}: spec is",
    ),
    (
        "the spec",
        (lambda files: files.update({"spec/policy.yaml": files["spec/policy.yaml"] + b"\n# more\n"}),),
        r"spec: its hash is",
    ),
    ("no footer", (in_log(lambda r: r.pop()),), r"no footer"),
    (
        "no log",
        (lambda files: files.update({LOG: b"not a log\n"}),),
        r"run.jsonl: line 1: expected a JSON object",
    ),
    ("a record of another form", (set_in("verdict", {"verdict": "green"}),), r"run.jsonl: line \d+: verdict"),
    (
        "an expectation without its arguments",
        (set_in("expectation", {"arguments": {}}, predicate="status_in"),),
        r"cannot be judged again \(KeyError",
    ),
    (
        "a spec that is none",
        (lambda files: files.update({"spec/policy.yaml": b"[1, 2"}),),
        r"policy.yaml: not readable",
    ),
    (
        "a spec of aliases of aliases",
        (
            lambda files: files.update(
                {
                    "spec/page.yaml": b"a0: &a0 [x, x]\n"
                    + b"".join(b"a%d: &a%d [*a%d, *a%d]\n" % (n, n, n - 1, n - 1) for n in range(1, 60))
                }
            ),
        ),
        r"spec/page.yaml: over \d+ nodes",
    ),
    (
        "a spec that holds itself",
        (lambda files: files.update({"spec/page.yaml": b"a: &a [*a]\n"}),),
        r"page.yaml: over",
    ),
]


@pytest.mark.parametrize(("edits", "words"), [row[1:] for row in EDITS], ids=[row[0] for row in EDITS])
def test_an_edit_that_redoes_the_hashes_is_found(
    edits: tuple[Edit, ...], words: str, bundle: Path, tmp_path: Path
) -> None:
    found = verified(edited(bundle, tmp_path / "e.zip", *edits))
    assert any(re.search(words, problem) for problem in found.problems), found.problems
    assert all(str(tmp_path) not in problem and "parley-verify" not in problem for problem in found.problems)


def test_putting_it_together_again_is_no_edit(bundle: Path, tmp_path: Path) -> None:
    assert verified(edited(bundle, tmp_path / "e.zip")).problems == ()


@pytest.mark.parametrize("index", range(6))
def test_an_exchange_that_nothing_rests_on_is_missed_too(index: int, bundle: Path, tmp_path: Path) -> None:
    records = list(records_of(files_of(bundle)))
    named = {record.get("exchange") for record in records}
    others = [r["id"] for r in records if r["type"] == "exchange" and r["id"] not in named]
    found = verified(
        edited(bundle, tmp_path / "e.zip", dropped("exchange", id=others[index * 7 % len(others)]))
    )
    assert found.problems


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**9), mask=st.integers(1, 255))
def test_no_byte_of_what_it_says_can_be_changed(place: int, mask: int, bundle: Path, tmp_path: Path) -> None:
    content = bytearray(bundle.read_bytes())
    content[place % len(content)] ^= mask
    file = tmp_path / "e.zip"
    file.write_bytes(content)
    try:
        problems = verified(file).problems
    except BundleError:
        return
    # What only packs (a time, a hint) says nothing: then the files are the same, byte by byte.
    assert problems or files_of(file) == files_of(bundle)


def test_what_would_fill_the_memory_is_not_read(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def long_line(files: dict[str, bytes]) -> None:
        files[LOG] += b" " * 200_000 + b"\n"

    monkeypatch.setattr(verify, "LINE_BYTES", 199_999)
    (problem,) = verified(edited(bundle, tmp_path / "e.zip", long_line)).problems
    assert "a line of over 199999 bytes" in problem
    monkeypatch.setattr(verify, "MANIFEST_BYTES", 100)
    with pytest.raises(BundleError, match=rf"{MANIFEST}: too long"):
        verified(bundle)
