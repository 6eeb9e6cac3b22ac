"""`parley bundle`, `parley verify`, `parley claim`: a run to give away, and what others can make of it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from parley import outputs
from protocol.spec import SPEC_DIR, load
from reports import terminal
from reports.bundle import BundleError, claim, pack, shown, verify
from reports.evidence import plain


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    _add_bundle(commands)
    _add_verify(commands)
    _add_claim(commands)


def _add_bundle(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "bundle",
        help="pack a run with its evidence and its spec into one file that others can verify",
        description="Packs a run's log, result, spec and what its failures left into one file. The same run "
        "gives the same bytes.",
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="the run's folder")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the bundle (default TARGET-RUN_ID.parley.zip, in the current folder)",
    )
    parser.add_argument(
        "--spec",
        type=Path,
        dest="spec_dir",
        metavar="DIR",
        help="the spec folder it was judged by, if not ours",
    )
    parser.set_defaults(command=_bundle)


def _add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "verify",
        help="is a bundle, or a claim, what it says?",
        description="Checks the hashes of a bundle, judges its log again and computes verdicts, levels and "
        "score from it. A claim is held against its bundle. Nothing is fetched. Exit codes: 0 verified, "
        "1 something is not as it says, 2 it is no bundle or no claim.",
    )
    parser.add_argument("file", type=Path, metavar="BUNDLE|CLAIM", help="a bundle, or a parley-claim.yaml")
    parser.add_argument("--bundle", type=Path, metavar="FILE", help="the bundle of the claim")
    _add_any_spec(parser)
    parser.set_defaults(command=_verify)


def _add_claim(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "claim",
        help="write the claim that a bundle bears out, to be published",
        description="Verifies a bundle and writes what can be claimed by it, as YAML. Edit it to claim less.",
    )
    parser.add_argument("file", type=Path, metavar="BUNDLE")
    parser.add_argument("--name", required=True, help="of the implementation")
    parser.add_argument("--version", required=True, dest="its_version", help="of the implementation")
    parser.add_argument("--url", help="where it lives")
    parser.add_argument("--licence", help="its licence, e.g. MIT")
    parser.add_argument("--bundle-url", metavar="URL", help="where the bundle will be found")
    parser.add_argument(
        "-o", "--output", type=Path, default=Path(claim.FILE), metavar="FILE", help=f"default {claim.FILE}"
    )
    _add_any_spec(parser)
    parser.set_defaults(command=_claim)


def _add_any_spec(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--any-spec", action="store_true", help="take a run that was judged by another spec than ours too"
    )


def _bundle(parsed: argparse.Namespace) -> int:
    try:
        packed = pack.pack(parsed.run, load(parsed.spec_dir or SPEC_DIR), parsed.output)
    except OSError as error:
        raise BundleError(f"{error.filename}: {error.strerror}") from None
    for name in packed.absent:
        print(f"parley: {plain(name)}: a verdict names it and it is not there; left out", file=sys.stderr)
    print(f"Wrote {packed.file}: {packed.files} files, {packed.file.stat().st_size / 1e6:.1f} MB")
    print(f"SHA-256 {packed.sha256}")
    return 0


def _verify(parsed: argparse.Namespace) -> int:
    shipped = load(SPEC_DIR)
    if parsed.bundle is None and _is_zip(parsed.file):
        found = verify.verify(parsed.file, shipped, any_spec=parsed.any_spec)
        shown.show(found, found.problems, terminal.console())
        return 1 if found.problems else 0
    said = claim.read(parsed.file)
    if parsed.bundle is None:
        where = plain(said["bundle"].get("url", "its author"))
        raise BundleError(f"{parsed.file}: a claim: give its bundle by --bundle FILE; get it from {where}")
    found = verify.verify(parsed.bundle, shipped, any_spec=parsed.any_spec)
    problems = [
        *found.problems,
        *(f"{parsed.file.name}: {problem}" for problem in claim.held(said, parsed.bundle, found)),
    ]
    shown.show(found, problems, terminal.console(), "claim")
    return 1 if problems else 0


def _is_zip(file: Path) -> bool:
    """By its first bytes; what is no zip is read as a claim, and refused by its own words."""
    try:
        with file.open("rb") as content:
            return content.read(2) == b"PK"
    except OSError as error:
        raise BundleError(f"{file}: {error.strerror}; expected a bundle or a claim") from None


def _claim(parsed: argparse.Namespace) -> int:
    about = claim.About(parsed.name, parsed.its_version, parsed.url, parsed.licence, parsed.bundle_url)
    found = verify.verify(parsed.file, load(SPEC_DIR), any_spec=parsed.any_spec)
    text = claim.make(found, parsed.file, about)
    outputs.save(parsed.output, text)
    print(f"Wrote {parsed.output}")
    return 0
