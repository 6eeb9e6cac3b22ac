"""A fault as a script: a conversation to read, curl lines to paste, a test file that needs only httpx.

All three are made from the recorded exchanges. What an answer gave and a later request uses (the id of a
room, a cursor) becomes a name, and so do people's ids; secrets are names already («alice token»). No other
name is ever filled in: a target that answers with one must not get what a reader's environment holds.
"""

from __future__ import annotations

import base64
import json
import pprint
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from reports.answers import body_of
from reports.evidence import plain
from reports.reproduction.fault import Fault, Forms
from reports.reproduction.names import NAME, NAME_BYTES, Names
from reports.runlog import Record

STANDALONE = Path(__file__).with_name("standalone.py")
LEARNED = ("room.roomId", "next")  # of an answer: what later requests go on with
LONG = 300  # characters of a body that a conversation shows
MOST = 250  # exchanges that are told, the last ones
UNREPEATED = ("content-length", "user-agent", "x-parley-run", "x-parley-exchange", "host")


class Script:
    """What can be told and played of one fault. `clock_path` is where the target lets its clock be moved."""

    def __init__(self, fault: Fault, base_url: str, clock_path: str = "") -> None:
        self.fault = fault
        self.records = fault.exchanges[-MOST:]
        self.base_url = base_url
        self.clock_path = clock_path
        self.names = Names()
        self.learns: dict[int, dict[str, str]] = {}  # by the place of the exchange: name and path
        self._name()

    def forms(self) -> Forms:
        return Forms(self.conversation(), self.curl(), self.test_file())

    # -- the three forms

    def conversation(self) -> str:
        """Who said what to the target, and what it said; the last answer is the wrong one."""
        lines = []
        left_out = len(self.fault.exchanges) - len(self.records)
        if left_out:
            lines.append(f"   … {left_out} exchanges before these …")
        for place, record in enumerate(self.records):
            if record["type"] == "pause":
                lines.append(f"   -- {record['seconds']:g} s pass --")
                continue
            request, last = record["request"], place == len(self.records) - 1
            body = _short(self.names.put(sent_text(request["body"])))
            how = _signed(request["headers"])
            lines.append(f"{'!' if last else ' '}  {record['actor']} {record['operation']}{how}")
            lines.append(f"     > {request['method']} {self.names.put(request['path'])} {body}".rstrip())
            lines.append(f"     < {_short(self.names.put(_came(record['answer'])))}")
        complaint = self.fault.complaint
        lines.append(f"   wanted  {self.names.put(complaint.wanted)}")
        lines.append(f"   got     {self.names.put(complaint.got)}")
        return "".join(f"{plain(line)}\n" for line in lines)

    def curl(self) -> str:
        """A shell script of curl lines; ids are taken from the answers, tokens from variables."""
        default = f'[ -n "${{PARLEY_TARGET:-}}" ] || PARLEY_TARGET={shlex.quote(self.base_url)}'
        lines = ["#!/bin/sh", f"# {self._title()}", f"# {self._variables()}", "set -u", default]
        for place, record in enumerate(self.records):
            if record["type"] == "pause":
                lines.append(f"sleep {record['seconds']:g}  # or move the target's clock, if it can be moved")
                continue
            line = self._curl_line(self._step(place, record))
            learns = self.learns.get(place, {})
            if not learns:
                lines.append(line)
                continue
            # Not echo: that of some shells takes a backslash in the answer for an escape.
            lines += [f"answer=$({line})", """printf '%s\\n' "$answer\""""]
            for name, path in learns.items():
                key = path.split(".")[-1]
                picked = f"""sed -n 's/.*"{key}": *"\\([^"]*\\)".*/\\1/p'"""
                lines.append(f'{_variable(name)}=$(printf "%s\\n" "$answer" | {picked})')
        lines.append(f"# wanted: {_line(self.names.put(self.fault.complaint.wanted))}")
        return "\n".join(lines) + "\n"

    def test_file(self) -> str:
        """A pytest file that stands alone: it fails for as long as the target has this fault."""
        complaint = self.fault.complaint
        sentence = f"{complaint.requirement}: {self.fault.sentence}" if complaint.requirement else ""
        paragraphs = [self._title(), sentence, self.conversation().rstrip(), self._variables()]
        told = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
        check = {
            "where": complaint.where,
            "predicate": complaint.predicate,
            "wanted": self.names.deep(dict(complaint.arguments)),
        }
        code = STANDALONE.read_text(encoding="utf-8")
        rest = code[code.index("from __future__") :]
        name = re.sub(r"[^a-z0-9]+", "_", self.fault.what.lower()).strip("_") or "finding"
        return (
            f'"""{_docstring(told)}\n"""\n\n{rest}\n\n'
            f"ROUNDS: list[list[dict[str, Any]]] = {_literal(list(self._rounds()))}\n"
            f"CHECK: dict[str, Any] = {_literal(check)}\n"
            f"PEOPLE = {sorted(self.names.actors)!r}\n"
            f'TARGET = os.environ.get("PARLEY_TARGET", {self.base_url!r})\n\n\n'
            f"def test_{name}() -> None:\n"
            f"    play = Play(TARGET, {self.clock_path!r}, PEOPLE)\n"
            "    answer = play.all(ROUNDS)\n"
            '    wanted = json.loads(play.filled(json.dumps(CHECK["wanted"], ensure_ascii=False)))\n'
            '    right = holds(CHECK["predicate"], at(answer, CHECK["where"]), wanted)\n'
            "    if not right:\n"
            "        play.skip_if_refused()\n"
            f'    assert right, {_line(f"wanted {complaint.wanted}")!r} + got(answer, CHECK["where"])\n'
        )

    @property
    def unknown(self) -> set[str]:
        """Names in what is sent that stand for nothing that is learned or can be set."""
        steps = [self._step(*one) for one in enumerate(self.records) if one[1]["type"] != "pause"]
        sent = [[step["path"], step["headers"], _sent(step)] for step in steps]
        found = NAME.findall(json.dumps(sent, ensure_ascii=False))
        return {name for name in found if not self.names.may_be_filled(name)}

    # -- inside

    def _name(self) -> None:
        used = [json.dumps(record.get("request", {})) for record in self.records]
        used.append(json.dumps(dict(self.fault.complaint.arguments)))
        for place, record in enumerate(self.records):
            if record["type"] == "pause":
                continue
            self.names.actors.add(record["actor"])
            self._name_person(record)
            body = body_of(record["answer"])
            for path in LEARNED:
                value = at_path(body, path)
                later = any(json.dumps(value)[1:-1] in text for text in used[place + 1 :]) if value else False
                if isinstance(value, str) and value not in self.names.learned and later:
                    kind = "room" if path == "room.roomId" else path
                    name = f"{kind} {1 + sum(one.startswith(kind) for one in self.names.learned.values())}"
                    self.names.learned[value] = name
                    self.learns.setdefault(place, {})[name] = path

    def _name_person(self, record: Record) -> None:
        """A person's id is a word of `actor_run_number`: suite/people.py makes them so."""
        actor = record["actor"]
        text = json.dumps(record["request"])
        found = re.search(rf"\b{re.escape(actor)}_[a-z0-9]{{6}}_\d+\b", text)
        if found is not None:
            self.names.people.setdefault(found[0], f"{actor} id")

    def _rounds(self) -> Iterator[list[dict[str, Any]]]:
        """The steps, those together that were under way at once."""
        together: list[dict[str, Any]] = []
        ended = 0.0
        for place, record in enumerate(self.records):
            pause = record["type"] == "pause"
            if together and (pause or record["started"] >= ended):
                yield together
                together = []
            if pause:
                yield [{"pass_seconds": record["seconds"]}]
                continue
            together.append(self._step(place, record))
            ended = max(ended, record["ended"]) if len(together) > 1 else record["ended"]
        if together:
            yield together

    def _step(self, place: int, record: Record) -> dict[str, Any]:
        request = record["request"]
        body: dict[str, str | None] = {"body": None}
        if request.get("raw"):
            raw = self.names.put_bytes(base64.b64decode(request["raw"]))
            body = {"body_base64": base64.b64encode(raw).decode("ascii")}
        elif request["body"].get("bytes", 0) > 0:
            body = {"body": self.names.put(sent_text(request["body"]))}
        headers = [pair for pair in request["headers"] if pair[0].lower() not in UNREPEATED]
        return {
            "who": record["actor"],
            "operation": record["operation"],
            "method": request["method"],
            "path": self.names.put(request["path"]),
            "headers": self.names.deep(headers),
            **body,
            "came": record["answer"].get("status"),
            "learns": self.learns.get(place, {}),
        }

    def _curl_line(self, step: Mapping[str, Any]) -> str:
        # Else curl takes braces in a path for a list, and a body that begins with @ for the name of a file.
        words = ["curl", "-sS", "-i", "--path-as-is", "--globoff"]
        words += ["--head"] if step["method"] == "HEAD" else ["-X", step["method"]]
        shown = [self._shell(word) for word in words]
        for name, value in step["headers"]:
            shown += ["-H", self._shell(f"{name}: {value}")]
        piped = ""
        if "body_base64" in step:
            piped = f"{{ {'; '.join(self._printed(base64.b64decode(step['body_base64'])))}; }} | "
            shown += ["--data-binary", "@-"]
        elif step["body"] is not None:
            shown += ["--data-raw", self._shell(step["body"])]
        return piped + " ".join([*shown, f'"$PARLEY_TARGET"{self._shell(step["path"])}'])

    def _printed(self, raw: bytes) -> Iterator[str]:
        """Commands that print these bytes, one after another. What stands for a name comes from an answer: it
        is printed, and never a part of a program.
        """
        rest = 0
        for match in NAME_BYTES.finditer(raw):
            name = match[1].decode("utf-8", "replace")
            if self.names.may_be_filled(name):
                yield from _encoded(raw[rest : match.start()])
                yield f'printf %s "${_variable(name)}"'
                rest = match.end()
        yield from _encoded(raw[rest:])

    def _shell(self, word: str) -> str:
        """Quotes a word; a name in it that may be filled in becomes a variable."""
        pieces, rest = [], 0
        for match in NAME.finditer(word):
            if self.names.may_be_filled(match[1]):
                pieces += [shlex.quote(word[rest : match.start()]) if match.start() > rest else ""]
                pieces += [f'"${_variable(match[1])}"']
                rest = match.end()
        pieces += [shlex.quote(word[rest:])] if rest < len(word) or not pieces else []
        return "".join(pieces)

    def _title(self) -> str:
        fault = self.fault
        requirement = fault.complaint.requirement or "no requirement of its own"
        return _line(f"{requirement}: {fault.what} (found by {fault.found_by})")

    def _variables(self) -> str:
        requests = [record.get("request", {}) for record in self.records]
        found = NAME.findall(json.dumps(self.names.deep(requests), ensure_ascii=False))
        names = sorted({_variable(name) for name in found if self.names.credential(name)})
        return f"Set PARLEY_TARGET, and {', '.join(names)}." if names else "It takes no credentials."


def faithful(request: Mapping[str, Any], raw: bytes) -> bool:
    """Whether the recorded body is what was sent, to the byte."""
    return sent_text(request["body"]).encode("utf-8", "surrogatepass") == raw


def _sent(step: Mapping[str, Any]) -> str:
    if "body_base64" in step:
        return base64.b64decode(step["body_base64"]).decode("utf-8", "replace")
    return str(step["body"] or "")


def _encoded(raw: bytes) -> Iterator[str]:
    if raw:
        yield f"printf %s {base64.b64encode(raw).decode('ascii')} | base64 -d"


def _literal(value: Any) -> str:
    return pprint.pformat(value, width=110, sort_dicts=False)


def sent_text(body: Mapping[str, Any]) -> str:
    """A recorded body as it was sent, as far as the log tells."""
    if "json" in body:
        return json.dumps(body["json"], ensure_ascii=False, separators=(",", ":"))
    return str(body.get("text", ""))


def _came(answer: Mapping[str, Any]) -> str:
    if "error" in answer:
        return f"(nothing: {answer['error']})"
    sealed = " (sealed)" if "decrypted" in answer else ""
    body = body_of(answer)
    shown = json.dumps(body, ensure_ascii=False) if body is not None else sent_text(answer.get("body", {}))
    return f"{answer['status']}{sealed} {shown}"


def at_path(node: Any, path: str) -> Any:
    for key in path.split("."):
        node = node.get(key) if isinstance(node, dict) else None
    return node


def _signed(headers: Sequence[Sequence[str]]) -> str:
    """How the request was signed, where it was not by the person's own cookie."""
    named = {name.lower(): value for name, value in headers}
    told = []
    if "authorization" in named:
        told.append(f"Authorization: {named['authorization']}")
    if "origin" in named:
        told.append(f"from {named['origin']}")
    if "authorization" not in named and "cookie" not in named:
        told.append("without a token")
    return f"  ({_line(', '.join(told))[:160]})" if told else ""


def _short(text: str) -> str:
    text = _line(text)
    return text if len(text) <= LONG else f"{text[: LONG - 40]}…{text[-30:]}"


def _line(text: str) -> str:
    """In one line, and with nothing in it that a terminal or a parser takes for more than text."""
    return plain(" ".join(text.split()))


def _docstring(text: str) -> str:
    return plain(text).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')


def _variable(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_").upper()
