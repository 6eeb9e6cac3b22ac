"""`parley serve`: reads the command line, the configuration and the spec, and serves until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from protocol.spec import SPEC_DIR, SpecError, load
from reference_server.assembly import Parts, build
from reference_server.config import Config, ConfigError, EmotesConfig
from reference_server.config import load as load_config
from reference_server.delivery import Shop
from reference_server.log import Log, open_log
from reference_server.mutants import MutantError, parts_of
from reference_server.mutants.telling import Telling
from reference_server.pages import Site
from reference_server.people import PeopleError, links, with_secret
from reference_server.serving import Application, ServeError, claim, serve

USAGE_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Returns 0 after serving; 2 where it could not, with one line on standard error that says why."""
    options = _options(argv)
    try:
        config = load_config(options.config) if options.config else Config()
        spec = load(options.spec)
        if options.people:
            config = with_secret(config)
            list(links(spec, config, options.people, ""))  # what is wrong with them is said at once
        claimed = claim(options.host, options.port)
        log = open_log(config.log_file, config.log_level)
        parts = _mutated(options.mutant, log) if options.mutant else Parts()
        site = Site(build(spec, config, log, parts), parts.pages().table(spec))
        app: Application = Shop(site, parts.delivery(spec, log))
        if config.emotes is not None:
            app = _with_emotes(app, config.emotes)
        if options.mutant:
            app = Telling(app, lambda: _tell(options.mutant, log, None))
    except (ConfigError, SpecError, ServeError, MutantError, PeopleError) as error:
        print(f"parley serve: {error}", file=sys.stderr)
        return USAGE_ERROR
    ready = log if config.log_file is None else Log(sys.stdout)

    def on_ready(url: str) -> None:
        ready.announce("listening", url=url, pid=os.getpid(), spec=spec.version)
        for name, link in links(spec, config, options.people, url):
            print(f"{name}: {link}", flush=True)

    # What is there by now stays: the collector need not look through the whole spec again and again.
    gc.freeze()
    asyncio.run(serve(app, claimed, log, on_ready))
    log.info("stopped")
    return 0


def _with_emotes(app: Application, settings: EmotesConfig) -> Application:
    # httpx takes a third of the time that a server takes to start, and few servers want it.
    from reference_server.emote_pages import EmotePages
    from reference_server.emotes import Catalogue

    return EmotePages(app, Catalogue(settings.url, settings.images_url))


def _mutated(name: str, log: Log) -> Parts:
    """The parts with a fault in them; the log says in which exchanges its wrong path is taken."""
    parts = parts_of(name, lambda exchange: _tell(name, log, exchange))
    log.warning("mutant", mutant=name, hint="this server is wrong on purpose")
    return parts


def _tell(name: str, log: Log, exchange: int | None) -> None:
    log.announce("mutant_reached", mutant=name, exchange=exchange)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="parley serve",
        description="Serve the reference signaling server, its chat page at / "
        "and, where esbuild is installed, the widget's bundles at /v1/ and /latest/.",
    )
    parser.add_argument("--port", type=_port, default=8787, help="port to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration in TOML")
    parser.add_argument("--spec", type=Path, metavar="DIR", default=SPEC_DIR, help="another spec folder")
    parser.add_argument(
        "--mutant", metavar="NAME", help="serve a deliberately wrong variant (parley mutants)"
    )
    parser.add_argument(
        "--people",
        type=_names,
        default=(),
        metavar="NAMES",
        help="print a link to the chat page for each of these, e.g. Alice,Bob: whoever has it is that person",
    )
    return parser.parse_args(argv)


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        raise argparse.ArgumentTypeError("expected names with commas between them, such as Alice,Bob")
    return names


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, got {text!r}")
    return int(text)
