"""Writes a page for each requirement, for the documentation: scripts/requirement_pages.py [FOLDER].

All of it is read from the spec, the checks, the mutants and reports/advice: nothing is written twice. The
documentation calls this when it is built; the pages are not kept in the repository.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # so that Sphinx finds us wherever it was started

from conformance import registry as over_http  # noqa: E402
from e2e import registry as end_to_end  # noqa: E402
from protocol import expected  # noqa: E402
from protocol.spec import SPEC_DIR, Requirement, SafeLoader, Spec, load  # noqa: E402
from reports import advice  # noqa: E402
from suite.proofs import killed  # noqa: E402

FOLDER = ROOT / "docs" / "requirements"
SPECIAL = re.compile(r"([\\*_<>\[\]|#$~])")
CODE = re.compile(r"(`[^`]+`)")


@dataclass(frozen=True)
class Asked:
    """One check of a requirement, for reading."""

    sentence: str
    cases: int
    place: str
    source: str


def main() -> None:
    written = write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
    print(f"{len(written)} pages in {written[0].parent}")


def write(folder: Path) -> list[Path]:
    """Writes what has changed, removes what is no requirement any more, and returns all files."""
    spec = load()
    over_http.load_checks()
    end_to_end.load_checks()
    folder.mkdir(parents=True, exist_ok=True)
    pages = {f"{r.id}.md": page(r, spec) for r in spec.requirements.values()} | {"index.md": index(spec)}
    for old in folder.glob("*.md"):
        if old.name not in pages:
            old.unlink()
    for name, text in pages.items():
        file = folder / name
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    return [folder / name for name in sorted(pages)]


def index(spec: Spec) -> str:
    """All requirements by profile, with their sentences."""
    lines = [
        "# Requirements",
        "",
        f"The {len(spec.requirements)} requirements of the protocol {spec.version}.",
    ]
    for profile in spec.profiles.values():
        mine = [r for r in spec.requirements.values() if r.profile == profile.name]
        lines += ["", f"## {profile.name}", "", f"{words(profile.title)}. Asked of: {profile.subject}.", ""]
        lines += [f"- [{r.id}]({r.id}.md) **{r.level}** {words(r.sentence)}" for r in mine]
    lines += ["", "```{toctree}", ":hidden:", "", *spec.requirements, "```"]
    return "\n".join(lines) + "\n"


def page(requirement: Requirement, spec: Spec) -> str:
    """Sentence, why it matters, how it is checked, how implementations fail it, how to mend that."""
    told = advice.of(requirement.id)
    lines = [f"# {requirement.id}", "", f"> {words(requirement.sentence)}", ""]
    profile = f"profile [{requirement.profile}](index.md)"
    lines += [f"**{requirement.level}** · {profile} · asked of the {requirement.subject}"]
    if told is not None:
        lines += ["", "## Why it matters", "", told.why]
    lines += ["", "## What is expected", "", outcome(requirement.expected)]
    lines += [*operations(requirement, spec), *conditions(requirement, spec)]
    lines += ["", "## How it is checked", "", *checks(requirement, spec)]
    if told is not None:
        lines += ["", "## How implementations fail it", "", *(f"- {failure}" for failure in told.failures)]
        lines += ["", "## How to mend it", "", told.fix]
    lines += ["", "## How the check is proven", "", *proofs(requirement)]
    return "\n".join(lines) + "\n"


def words(text: str) -> str:
    """As running text: nothing of it is markup but code."""
    pieces = CODE.split(" ".join(text.split()))
    return "".join(piece if CODE.fullmatch(piece) else SPECIAL.sub(r"\\\1", piece) for piece in pieces)


def outcome(wanted: expected.Expected) -> str:
    """The expected outcome in a sentence. The docstring of its form says what the form means."""
    form = " ".join((inspect.getdoc(type(wanted)) or "").split())
    given = ", ".join(
        f"`{name}`: `{value}`" for name, value in vars_of(wanted) if value not in ((), "", None)
    )
    return f"*{type(wanted).__name__.lower()}*: {words(form)}" + (f" Here {given}." if given else "")


def vars_of(wanted: expected.Expected) -> Iterator[tuple[str, Any]]:
    for name in wanted.__dataclass_fields__:
        value = getattr(wanted, name)
        yield name, " or ".join(map(str, value)) if isinstance(value, tuple) and value else value


def operations(requirement: Requirement, spec: Spec) -> list[str]:
    if not requirement.operations:
        return []
    named = (spec.operation(name) for name in requirement.operations)
    return ["", *(f"- `{operation.method} {operation.path}` ({operation.id})" for operation in named)]


def conditions(requirement: Requirement, spec: Spec) -> list[str]:
    lines = []
    if requirement.when:
        lines.append(f"Asked only where this holds: {words(_meaning(requirement.when))}")
    if requirement.wait_s:
        lines.append(
            f"In real time a check of it waits {requirement.wait_s} s; under test control it does not."
        )
    if requirement.control_only:
        lines.append("Only a target with test control can be asked: the clock has to be moved.")
    return [line for one in lines for line in ("", one)]


@cache
def _meaning(condition: str) -> str:
    """The spec keeps it for readers only."""
    text = (SPEC_DIR / "requirements.yaml").read_text(encoding="utf-8")
    return str(yaml.load(text, SafeLoader)["conditions"][condition])  # noqa: S506  # it is the safe one


def checks(requirement: Requirement, spec: Spec) -> list[str]:
    if requirement.excluded:
        return [f"Not yet: {words(requirement.excluded)}"]
    lines = []
    for asked in (*of_http(requirement, spec), *of_chat(requirement)):
        cases = f", in {asked.cases} cases" if asked.cases > 1 else ""
        lines += [
            f"**{words(asked.sentence)}**{cases} (`{asked.place}`)",
            "",
            "```python",
            asked.source,
            "```",
            "",
        ]
    for observer in over_http.OBSERVERS:
        if observer.requirement == requirement.id:
            said = words(observer.name.replace("_", " "))
            lines += [
                f"**{said}**: every answer of the whole run is looked at (`{place(observer.module)}`).",
                "",
            ]
    if not lines:
        profile = (requirement.checked or "").rpartition(".")[2].replace("crowd", "peers")
        return [f"Under load, by `parley load --profile {profile}`: see [Load](../load.md)."]
    return [*lines, f"Ask it alone: `parley score --requirement {requirement.id}`"]


def of_http(requirement: Requirement, spec: Spec) -> Iterator[Asked]:
    for check in over_http.CHECKS:
        if check.requirement == requirement.id:
            cases = len(list(over_http.jobs_of(check, spec)))
            yield Asked(check.name.replace("_", " "), cases, place(check.module), source(check.function))


def of_chat(requirement: Requirement) -> Iterator[Asked]:
    for check in end_to_end.CHECKS:
        if check.requirement == requirement.id:
            yield Asked(
                check.name.replace("_", " "),
                1,
                place(check.module),
                source(getattr(sys.modules[check.module], check.name)),
            )


def place(module: str) -> str:
    return (
        module.replace(".", "/") + ".py" if (ROOT / (module.replace(".", "/") + ".py")).exists() else module
    )


def source(function: Callable[..., Any]) -> str:
    return inspect.getsource(inspect.unwrap(function)).rstrip()


def proofs(requirement: Requirement) -> Iterable[str]:
    """The wrong servers and widgets that its checks find."""
    mutants = killed().get(requirement.id, {})
    if not mutants:
        return ["No deliberately wrong server or widget of it is there."]
    found = [f"- `{name}`: {words(fault)}" for name, fault in sorted(mutants.items())]
    return [
        f"Its checks find {len(found)} deliberately wrong {'one' if len(found) == 1 else 'ones'}:",
        "",
        *found,
    ]


if __name__ == "__main__":
    main()
