"""What Locust finds: the four kinds of users, the options, and what comes before and after a test.

    locust -f load --web-host 127.0.0.1 --host http://127.0.0.1:8787    (PARLEY_JWT_SECRET signs the tokens)

With `--load-profile` the load goes as the profile says. Without it -u, -r, -t, tags, class names and the web
UI work as everywhere; the mix of users and their pace are then those of the profile `smoke`.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import os
import secrets
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Never

import gevent
from flask import jsonify, request
from locust import User, constant, events, tag, task
from locust.exception import StopUser
from locust.runners import MasterRunner, WorkerRunner

from load import memory
from load.connection import keep_deadlines
from load.exporter import serve
from load.people import People
from load.profiles import MOST_S, MOST_USERS, Profile, ProfileError, find
from load.recorder import Recorder
from load.roles.actor import World
from load.roles.broadcaster import Broadcaster as Broadcasting
from load.roles.lurker import Lurker as Lurking
from load.roles.party import Party as Partying
from load.roles.viewer import Viewer as Viewing
from load.sending import Outlet
from load.shape import ProfileShape
from protocol import target as targets
from protocol.mint import MintError
from protocol.spec import SPEC_DIR, Spec, SpecError
from protocol.spec import load as load_spec
from protocol.target import Target, TargetError
from suite.guard import FLAG, HELP, GuardError, only_loopback
from suite.opening import at, version

USUAL = "smoke"  # the mix and the pace where no profile is asked for: it has some of each kind
BAD_INPUT = 2
NO_TARGET = "there is no target: give --host URL or --target-file FILE"
SHARE = "parley-share"  # the message by which the master tells a worker which tokens of a list are its own
NUMBERS = 1_000_000  # users of one process: their numbers, and by them their chance, differ between processes
logger = logging.getLogger("parley.load")


def fail(words: str) -> Never:
    """Ends the process with one line."""
    print(f"parley load: {words}", file=sys.stderr, flush=True)
    raise SystemExit(BAD_INPUT)


# -- options ---------------------------------------------------------------------------------------------


def add_options(parser: Any, **shown: Any) -> None:
    """Our options, for Locust's parser and for our own look at the command line before it."""

    def add(name: str, **settings: Any) -> None:
        parser.add_argument(name, **settings, **shown)

    add("--target-file", metavar="FILE", help="what the target is and claims (parley target init)")
    add(
        "--load-profile",
        metavar="P",
        help="a profile of load/profiles, or a .toml file; names users and phases",
    )
    add("--scale", type=_positive, default=1.0, metavar="X", help="times the profile's users")
    add(
        "--for",
        dest="for_s",
        type=_positive,
        metavar="S",
        help="seconds that the measured phases last in all",
    )
    add("--warm-up", dest="warm_up_s", type=_positive, metavar="S", help="seconds that the warm-up lasts")
    add("--seed", type=int, default=0, metavar="N", help="of all chance in the users' behaviour")
    add("--measures", metavar="FILE", help="where the load record is written when the test ends")
    add("--metrics-port", type=int, metavar="N", help="serves Prometheus metrics of the run on the loopback")
    add("--spec", metavar="DIR", help=argparse.SUPPRESS)
    add(FLAG, dest="operated", action="store_true", help=HELP)


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"expected a number above 0, got {text}")
    return number


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Never:
        fail(message)


def _given() -> argparse.Namespace:
    """Our options as they stand on the command line: Locust reads it only when classes are there already."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    add_options(parser)
    parser.add_argument("--host", "-H")
    found, _ = parser.parse_known_args(sys.argv[1:])
    found.load_profile = found.load_profile or os.environ.get("PARLEY_LOAD_PROFILE")
    return found


def _spec() -> Spec:
    try:
        return load_spec(Path(OPTIONS.spec) if OPTIONS.spec else SPEC_DIR)
    except SpecError as error:
        fail(str(error))


def _target(host: str | None) -> Target | None:
    """The target of the file or the host; None where neither is known yet."""
    try:
        if OPTIONS.target_file:
            found = targets.load(Path(OPTIONS.target_file), SPEC)
            found = at(found, targets.check_url(host)) if host else found
        elif host:
            found = targets.from_url(host, os.environ, SPEC)
        else:
            return None
        only_loopback(found.base_url, operated=OPTIONS.operated)
        memory.only_loopback(found.memory, operated=OPTIONS.operated)
    except (TargetError, GuardError) as error:
        raise ValueError(str(error)) from None
    if found.encrypted[found.plain_delivery]:
        raise ValueError(
            f"{found.base_url}: every delivery is encrypted; a load needs one with plain answers"
        )
    return found


def _profile(name: str) -> Profile:
    try:
        found = find(name, SPEC).scaled(OPTIONS.scale)
    except ProfileError as error:
        fail(str(error))
    found = found if OPTIONS.for_s is None else found.lasting(OPTIONS.for_s)
    found = found if OPTIONS.warm_up_s is None else found.warming(OPTIONS.warm_up_s)
    if TARGET is not None and "party" not in TARGET.profiles and found.users["party"]:
        found = replace(found, users={**found.users, "party": 0})
    if found.most_users > MOST_USERS:
        fail(f"{found.most_users} users: at most {MOST_USERS} are sent")
    if not found.most_users:
        fail(f"{name}: the target claims nothing that its users do")
    if found.seconds > MOST_S:
        fail(f"{found.seconds:g} s: no run is longer than {MOST_S:g} s")
    return found


OPTIONS = _given()
SPEC = _spec()
try:
    TARGET = _target(OPTIONS.host)
except ValueError as error:
    fail(str(error))
ASKED = _profile(OPTIONS.load_profile) if OPTIONS.load_profile else None
MIX = ASKED or _profile(USUAL)

if ASKED is not None:

    class AsProfile(ProfileShape):
        """How many users there are, as the profile says."""

        abstract: ClassVar[bool] = False
        profile: ClassVar[Profile] = MIX


# -- the life of a process -------------------------------------------------------------------------------


@dataclass
class Process:
    """What this process has for its users; `share` is its part of a list of tokens."""

    world: World | None = None
    people: People | None = None
    target: Target | None = None
    share: tuple[int, int] | None = None
    recorder: Recorder | None = None
    users: int = 0


PROCESS = Process()


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def on_parser(parser: Any, **_: Any) -> None:
    add_options(parser, include_in_web_ui=False)


@events.init.add_listener  # type: ignore[untyped-decorator]
def on_init(environment: Any, runner: Any, **_: Any) -> None:
    # Locust warns of every leap that a shape makes, once a second.
    logging.getLogger("locust.runners").addFilter(lambda record: "spawn rate" not in record.getMessage())
    options = environment.parsed_options
    asked = getattr(options, "num_users", None) or 0
    if asked > MOST_USERS:
        fail(f"{asked} users: at most {MOST_USERS} are sent")
    if TARGET is None and environment.web_ui is None and not isinstance(runner, WorkerRunner):
        fail(NO_TARGET)
    if environment.web_ui is not None:
        environment.web_ui.app.before_request(_refused)
    _drop_untagged(environment)
    source = TARGET.memory if TARGET is not None else None
    measures = Path(OPTIONS.measures) if OPTIONS.measures else None
    PROCESS.recorder = Recorder(environment, ASKED, seed=OPTIONS.seed, measures=measures, memory=source)
    PROCESS.recorder.attach()
    worker, master = isinstance(runner, WorkerRunner), isinstance(runner, MasterRunner)
    if OPTIONS.metrics_port is not None and not worker:
        try:
            serve(PROCESS.recorder, OPTIONS.metrics_port)
        except OSError as error:
            fail(f"--metrics-port {OPTIONS.metrics_port}: {error.strerror}")
    if worker:
        runner.register_message(SHARE, _on_share)
    if not master:
        gevent.spawn(keep_deadlines)


def _refused() -> Any:
    """The web UI's answer where the host that was entered there is no target of ours: nobody is started."""
    if request.path.rstrip("/").endswith("/swarm") and (host := request.form.get("host")):
        try:
            _target(host)
        except ValueError as error:
            return jsonify({"success": False, "message": f"parley load: {error}", "host": host})
    return None


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def on_test_start(environment: Any, **_: Any) -> None:
    runner = environment.runner
    PROCESS.world = None
    if isinstance(runner, MasterRunner):
        ready = sorted(runner.clients.keys(), key=runner.get_worker_index)
        for index, worker in enumerate(ready):
            runner.send_message(SHARE, {"index": index, "of": len(ready)}, worker)
    else:
        try:
            _begin(environment)
        except ValueError as error:
            _give_up(environment, str(error))
            return
    if not isinstance(runner, WorkerRunner):
        gevent.spawn_later(MOST_S, runner.quit)


@events.test_stop.add_listener  # type: ignore[untyped-decorator]
def on_test_stop(**_: Any) -> None:
    if PROCESS.people is not None:
        PROCESS.people.stop()


def _begin(environment: Any) -> None:
    """Makes the world of this test. Raises ValueError where its host is no target."""
    target = _target(environment.host) or TARGET
    if target is None:
        raise ValueError(NO_TARGET)
    runner = environment.runner
    share = PROCESS.share or (max(0, getattr(runner, "worker_index", 0)), 1)
    if PROCESS.people is None or PROCESS.target != target:
        prefix = f"load_{secrets.token_hex(4)}_{share[0]}"
        PROCESS.people = People(SPEC, target, prefix, share=share, users=ASKED.most_users if ASKED else 0)
        PROCESS.target = target
    PROCESS.people.start()
    outlet = Outlet(SPEC, target, version(), environment.events.request.fire)
    PROCESS.world = World.of(outlet, PROCESS.people, MIX.pace, OPTIONS.seed)
    PROCESS.users = 0


def _on_share(environment: Any, msg: Any, **_: Any) -> None:
    PROCESS.share = (int(msg.data["index"]), int(msg.data["of"]))


def _give_up(environment: Any, words: str) -> None:
    """Ends the run: nothing can be measured. A web UI stays, for another try."""
    if PROCESS.recorder is not None:
        PROCESS.recorder.why = words
    if environment.web_ui is not None:
        print(f"parley load: {words}", file=sys.stderr, flush=True)
        gevent.spawn(environment.runner.stop)
    elif environment.process_exit_code != BAD_INPUT:
        environment.process_exit_code = BAD_INPUT
        print(f"parley load: {words}", file=sys.stderr, flush=True)
        gevent.spawn(environment.runner.quit)


def _drop_untagged(environment: Any) -> None:
    """Leaves out the classes of which the tags asked for leave no task: Locust could not start them."""
    options = environment.parsed_options
    wanted = set(getattr(options, "tags", None) or ())
    unwanted = set(getattr(options, "exclude_tags", None) or ())

    def kept(user: type[User]) -> bool:
        tags: list[set[str]] = [getattr(one, "locust_tag_set", set()) for one in user.tasks]
        return any((not wanted or one & wanted) and not one & unwanted for one in tags)

    left = [user for user in environment.user_classes if kept(user)]
    if not left:
        fail("the tags leave no user")
    environment.user_classes = left


# -- users -----------------------------------------------------------------------------------------------

Role = Broadcasting | Viewing | Lurking | Partying
_numbers = itertools.count()


class Acting(User):
    """A user of Locust that lives by a role: one task is one turn of it."""

    abstract = True
    wait_time = constant(0)  # the roles have a pace of their own
    acts: ClassVar[type[Role]]
    role: Role | None = None

    def on_start(self) -> None:
        world = PROCESS.world
        if world is None:
            raise StopUser
        PROCESS.users += 1
        if PROCESS.users > MOST_USERS:
            logger.warning("at most %d users are sent", MOST_USERS)
            raise StopUser
        share = PROCESS.share or (0, 1)
        self.role = self.acts(world, share[0] * NUMBERS + next(_numbers))

    def on_stop(self) -> None:
        if self.role is not None:
            PROCESS.users -= 1
            self.role.end()

    def take_turn(self) -> None:
        assert self.role is not None
        try:
            self.role.turn()
        except MintError as error:
            _give_up(self.environment, str(error))
            raise StopUser from None


class Broadcaster(Acting):
    abstract = not MIX.users["broadcaster"]
    weight = MIX.users["broadcaster"]
    acts = Broadcasting

    @tag("broadcaster", "rooms", "mailbox")
    @task
    def keep_a_room(self) -> None:
        self.take_turn()


class Viewer(Acting):
    abstract = not MIX.users["viewer"]
    weight = MIX.users["viewer"]
    acts = Viewing

    @tag("viewer", "rooms", "mailbox")
    @task
    def visit_a_room(self) -> None:
        self.take_turn()


class Lurker(Acting):
    abstract = not MIX.users["lurker"]
    weight = MIX.users["lurker"]
    acts = Lurking

    @tag("lurker", "listing", "health")
    @task
    def look_around(self) -> None:
        self.take_turn()


class Party(Acting):
    abstract = not MIX.users["party"]
    weight = MIX.users["party"]
    acts = Partying

    @tag("party", "rooms")
    @task
    def meet(self) -> None:
        self.take_turn()
