"""One run of this suite: its target, TURN server, people and log. Knows no pytest and no browser."""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from e2e import judging
from e2e.lab import PUBLIC_IP, Lab, LabUnavailable
from e2e.options import LAB, Settings
from e2e.scope import Item, applies, target_of, with_app
from e2e.turn import TurnServer, TurnUnavailable, choose, urls
from e2e.turn.given import FromTarget
from protocol.client import Lane, User
from protocol.mint import Minter
from protocol.operations import Answer, Operations, Request
from protocol.spec import Spec
from protocol.target import Target
from protocol.target_tokens import GivenToken, Tokens
from protocol.transcript import Transcript
from reports.runlog import Record, RunLogWriter, verdict_record
from reports.verdicts import Verdict
from suite import opening
from suite.embedded import Embedded
from suite.expectations import NotRun, Recorder
from suite.people import People
from suite.proofs import killed
from suite.temporary import temporary_home

REACHED = "mutant-reached.json"  # the exchanges in which a mutant did wrong; null stands for its pages
LOOPBACKS = ("127.0.0.1", "localhost")
RESTART_S = 60.0  # for the command that restarts a target


@dataclass
class Attempt:
    """One attempt of a check: where its expectations and exchanges go, and the files that it leaves."""

    name: str
    recorder: Recorder
    lane: Lane
    last_exchange: int | None = None
    artifacts: list[Path] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # figures that it measured


class Run:
    """Opened once before the first check and closed after the last, whatever happens."""

    def __init__(self, settings: Settings, spec: Spec) -> None:
        self.settings = settings
        self.spec = spec
        self.counts: dict[str, int] = {}
        self.embedded: Embedded | None = None
        self.turn: TurnServer | None = None
        self.no_turn = ""  # why there is none
        self.lab: Lab | None = None
        self.no_lab = ""  # why there is none, though it is wanted
        self.lab_origin = ""  # of the widget's page, as browsers in the lab see it
        self._told: list[dict[str, Any]] = []
        self._stack = ExitStack()
        self._decided: set[tuple[str, str, bool]] = set()
        self._begun: dict[tuple[str, str, bool], list[str]] = {}
        self._numbers = itertools.count(1)
        self.stopped = ""

    # -- opening and closing

    def open(self, items: Iterable[Item], intended: Iterable[str]) -> None:
        """Starts what the checks need. Raises TargetError, StartError or MintError, each with one line."""
        self.items = list(items)
        try:
            self._open(list(intended))
        except BaseException:
            self._stack.close()
            raise

    def _open(self, intended: list[str]) -> None:
        settings = self.settings
        self._stack.enter_context(temporary_home())
        self.run_id = opening.new_run_id()
        self.seed = settings.seed if settings.seed is not None else secrets.randbelow(1_000_000)
        from_target = self.settings.turn.kind == "url" and not self.settings.turn.urls
        if settings.network == LAB:
            self._start_lab()
        if not from_target:
            self._start_turn()
        self.target, self.minter = self._find_target()
        if self.lab is not None:
            self.target = self._open_to_lab(self.lab, self.target)
        self.people = People(self.target, self.minter, self.run_id)
        self.folder = settings.run_dir or opening.default_run_dir(self.target.name)
        self._write = self._stack.enter_context(RunLogWriter(self.folder))
        self.transcript = Transcript(
            self.emit, self.target.base_url, self.spec.policy["names"]["secret_fields"]
        )
        self.wire = opening.open_wire(self.target, self.run_id)
        self._started = time.monotonic()
        if from_target:
            self._start_turn(self._told_by_target)
        options = {
            "time": "real",
            "max_wait": 0,
            "concurrency": 1,
            "gentle": False,
            "confirm": settings.confirm,
            "control_lane": False,
            "profiles": list(settings.profiles),
            "requirements": list(settings.requirements),
            "network": settings.network,
            "turn": self.turn.kind if self.turn is not None else "none",
        }
        made = opening.header(self.spec, self.target, self.run_id, self.seed, options, intended, killed())
        made["planned"] = [item.id for item in self.items]
        self.emit({**made, "fitness": sorted({item.requirement.id for item in self.items if item.fitness})})
        for requirement_id in intended:
            requirement = self.spec.requirement(requirement_id)
            if not applies(requirement, self.target):
                reason = f"its condition does not hold: {requirement.when}"
                self.emit(verdict_record(requirement_id, None, Verdict.NOT_APPLICABLE, reason))
            elif requirement.excluded is not None:
                reason = requirement.excluded
                self.emit(verdict_record(requirement_id, None, Verdict.NOT_RUN, reason, cause="excluded"))

    def _start_lab(self) -> None:
        if self.settings.turn.kind == "url" or self.settings.turn.urls:
            self.no_lab = "--network lab: the TURN server has to be in it: choose --turn process"
            return
        lab = Lab(self.seed)
        self._stack.callback(lab.stop)
        try:
            self.lab = lab.start()
        except LabUnavailable as error:
            self.no_lab = str(error)

    def _open_to_lab(self, lab: Lab, target: Target) -> Target:
        """Leads the page's port into the lab; the target with the page's URL in there."""
        page = target.widget
        if page is None:
            return target
        parts = urlsplit(page.url)
        if parts.scheme != "http" or parts.hostname not in LOOPBACKS:
            self.no_lab = (
                f"--network lab: {parts.scheme}://{parts.netloc} is not reached from it, only http on the "
                "loopback of this machine"
            )
            return target
        self.lab_origin = f"http://{PUBLIC_IP}:{lab.forward(parts.port or 80)}"
        url = page.url.replace(f"{parts.scheme}://{parts.netloc}", self.lab_origin, 1)
        return replace(target, widget=replace(page, url=url))

    def _start_turn(self, from_target: FromTarget | None = None) -> None:
        try:
            network = self.lab.network() if self.lab is not None else None
            turn = choose(self.settings.turn, network=network, from_target=from_target)
            self._stack.callback(turn.stop)
            self.turn = turn.start()
        except TurnUnavailable as error:
            self.no_turn = str(error)

    def _told_by_target(self, user: str) -> list[dict[str, Any]]:
        """The iceServers that the target hands out, asked for once. Raises TurnUnavailable."""
        if not self._told:
            lane = self._lane("getIceServers of the target", lambda *seen: None)
            person = asyncio.run(self.people.person(lane, user))
            answer = asyncio.run(person.ice_servers())
            found = urls.well_formed(answer.at("iceServers"))
            if not answer.ok or not found:
                raise TurnUnavailable("--turn url: getIceServers of the target names no server")
            self._told = found
        return self._told

    def _find_target(self) -> tuple[Target, Minter]:
        settings = self.settings
        if settings.target is None and settings.target_file is None:
            turn = (self.turn.urls, self.turn.secret) if self.turn and self.turn.secret else None
            server = Embedded(self.spec, settings.spec_dir, settings.mutant, turn=turn)
            self._stack.callback(server.end)
            self.embedded = server
            return with_app(server.start(), settings, self.spec), server.minter
        target = target_of(settings, self.spec)
        if settings.people is not None:
            given = tuple(GivenToken(**one) for one in json.loads(settings.people.read_text("utf-8")))
            target = replace(target, tokens=Tokens(given=given))
        return target, self._stack.enter_context(Minter(self.spec, target))

    def close(self) -> Path:
        """Ends everything and writes the footer; what is undecided is not-run. Returns the run's folder."""
        try:
            for item in self.items:
                if item.key not in self._decided:
                    self.decide(item, self._cut(item))
            self.emit(opening.footer(time.monotonic() - self._started, self.counts, self.stopped))
        finally:
            self._stack.close()
            asyncio.run(self.wire.close())
        if self.settings.mutant and self.embedded is not None:
            # Known to be all of it now that the server has ended.
            found = sorted(self.embedded.reached, key=lambda number: -1 if number is None else number)
            (self.folder / REACHED).write_text(json.dumps(found), encoding="utf-8")
        return self.folder

    # -- the log

    def emit(self, record: Record) -> None:
        if record["type"] == "verdict":
            self.counts[record["verdict"]] = self.counts.get(record["verdict"], 0) + 1
        self._write(record)

    def decide(self, item: Item, record: Record) -> None:
        """Writes the verdict of a check."""
        self._decided.add(item.key)
        self.emit({**record, "as": "fitness"} if item.fitness else record)

    # -- for the checks

    def _cut(self, item: Item) -> Record:
        """The verdict record of a check that was under way, or never begun, when the run ended."""
        reason = self.stopped or "the run was stopped"
        begun = self._begun.get(item.key) or [""]
        tries = [judging.Result(name, Verdict.NOT_RUN, reason, cause="stopped") for name in begun]
        return judging.record(item.requirement.id, item.check.name, tries)

    def attempt(self, item: Item, number: int) -> Attempt:
        """A new attempt of a check, with its own place in the log and its own secrets."""
        name = f"{item.id}#{number}"

        def saw(user: User, request: Request, answer: Answer) -> None:
            made.last_exchange = answer.exchange

        lane = self._lane(name, saw)
        capacity = self.minter.capacity
        recorder = Recorder(self.spec, item.requirement, name, self.emit, lane.redactor, capacity)
        made = Attempt(name, recorder, lane)
        self._begun.setdefault(item.key, []).append(name)
        return made

    def _lane(self, name: str, saw: Callable[[User, Request, Answer], None]) -> Lane:
        operations = Operations(self.spec, self.target.paths)
        redactor = self.transcript.redactor()
        return Lane(self.spec, operations, self.wire, self.transcript, redactor, name, saw)

    @staticmethod
    def keep(attempt: Attempt, folder: Path, who: str, files: Mapping[str, bytes]) -> list[Path]:
        """Writes what a failure left behind; texts without the secrets that are known."""
        folder.mkdir(parents=True, exist_ok=True)
        kept = [folder / f"{who}-{name}" for name in files]
        for path, content in zip(kept, files.values(), strict=True):
            if path.suffix == ".png":
                path.write_bytes(content)
            else:
                text = attempt.recorder.redactor.text(content.decode("utf-8", "backslashreplace"))
                path.write_text(text, encoding="utf-8", errors="backslashreplace")
        return kept

    def need_turn(self) -> TurnServer:
        """The TURN server of the run. Raises NotRun where there is none, saying what to install."""
        if self.turn is None:
            raise NotRun(self.no_turn, "tools")
        return self.turn

    @property
    def hands_out_turn(self) -> bool:
        """Whether the target's getIceServers names the TURN server of this run: the embedded one's does."""
        return self.embedded is not None and self.turn is not None and self.turn.secret is not None

    def need_network(self) -> None:
        """Raises NotRun where the network that is wanted is not there, saying why."""
        if self.no_lab:
            raise NotRun(self.no_lab, "tools")

    async def ice_servers(self, user: User) -> list[dict[str, Any]]:
        """What relays a peer of ours: what the embedded server hands out, else the run's own server."""
        turn = self.need_turn()
        if self.hands_out_turn or not turn.urls:
            answer = await user.ice_servers()
            found = urls.well_formed(answer.at("iceServers"))
            if answer.ok and found:
                return found
        return list(turn.ice_servers(user.id))

    @property
    def hosts(self) -> tuple[str, ...]:
        """The hosts that a browser may talk to: those of the target, of its widget and of the TURN server."""
        pages = [self.target.base_url, *([self.target.widget.url] if self.target.widget is not None else [])]
        found = {urlsplit(url).hostname for url in pages}
        named = self.turn.urls if self.turn is not None else ()
        found |= {offer.url.host for offer in urls.offered([{"urls": list(named)}, *self._told])}
        return tuple(sorted(host for host in found if host is not None))

    def restart_signaling(self) -> None:
        """The signaling server goes and comes back at its URL. Raises NotRun where we cannot do that."""
        if self.embedded is not None:
            self.embedded.restart()
            return
        if self.target.control is None:
            raise NotRun(
                "needs [control] restart in the target file, to restart the signaling server", "unknown"
            )
        command = self.target.control.restart
        try:
            subprocess.run(
                command,
                shell=isinstance(command, str),
                timeout=RESTART_S,
                check=True,
                stdin=subprocess.DEVNULL,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise NotRun(f"control.restart of the target file failed: {error}", "unknown") from None
