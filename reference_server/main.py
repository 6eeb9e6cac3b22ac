"""`parley serve`: reads the command line, the configuration and the spec, and serves until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from protocol.spec import SPEC_DIR, SpecError, load
from reference_server.assembly import build
from reference_server.config import Config, ConfigError
from reference_server.config import load as load_config
from reference_server.log import Log, open_log
from reference_server.serving import ServeError, claim, serve

USAGE_ERROR = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Returns only where it could not serve: with 2, and one line on standard error that says why."""
    options = _options(argv)
    try:
        config = load_config(options.config) if options.config else Config()
        spec = load(options.spec)
        log = open_log(config.log_file, config.log_level)
        app = build(spec, config, log)
        claimed = claim(options.host, options.port)
    except (ConfigError, SpecError, ServeError) as error:
        print(f"parley serve: {error}", file=sys.stderr)
        return USAGE_ERROR
    ready = log if config.log_file is None else Log(sys.stdout)

    def on_ready(url: str) -> None:
        ready.announce("listening", url=url, pid=os.getpid(), spec=spec.version)

    code = 0
    try:
        asyncio.run(serve(app, claimed, on_ready))
        log.info("stopped")
    except ServeError as error:
        print(f"parley serve: {error}", file=sys.stderr)
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    # granian's own threads outlive its server and panic in an interpreter that is being taken down; besides,
    # a request that did not end within the grace must not hold up the process.
    os._exit(code)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="parley serve", description="Serve the reference signaling server.")
    parser.add_argument("--port", type=_port, default=8787, help="port to listen on; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration in TOML")
    parser.add_argument("--spec", type=Path, metavar="DIR", default=SPEC_DIR, help="another spec folder")
    return parser.parse_args(argv)


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, got {text!r}")
    return int(text)
