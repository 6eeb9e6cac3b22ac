"""The checks of the emoji service at servers that choose otherwise where the protocol leaves a choice."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from server_kit import CONFIG, SECRET, SPEC, toml

from conformance.session import Session
from conformance.settings import Settings
from protocol import tokens
from protocol.spec import Json
from reference_server.app import Response
from reference_server.assembly import Parts, build
from reference_server.config import parse
from reference_server.emoji import Emoji, Emojis, Image
from reference_server.emoji_handlers import EmojiHandlers, Images
from reference_server.log import Log
from reference_server.refusal import Conflict, Invalid
from reference_server.routes import Call
from reference_server.serving import Connection, Connections
from reports.verdicts import Verdict
from suite.emoji import name_like
from suite.expectations import Inconclusive
from suite.pictures import PICTURES, gif, size_of

SECRET_TOKENS = f'[tokens]\nsecret = "{SECRET}"\n'


class CountedIds(Emojis):
    """Ids are numbers, from 1 in each domain."""

    def add(self, domain: str, name: str, content: bytes, by: str) -> Emoji:
        made = super().add(domain, name, content, by)
        mine = self._domains[domain]
        del mine[made.id]
        return mine.setdefault(str(len(mine) + 1), replace(made, id=str(len(mine) + 1)))


class NoDomainIsInvalid(EmojiHandlers):
    """A token without a domain is refused with 400."""

    def domain(self, call: Call, named: str | None) -> str:
        if call.identity is not None and call.identity.domain is None:
            raise Invalid("The token names no domain.")
        return super().domain(call, named)


class NoDomainSeesNothing(NoDomainIsInvalid):
    """A token without a domain is listed nothing."""

    def list(self, call: Call) -> Json:
        if call.identity is not None and call.identity.domain is None:
            return {"success": True, "emojis": []}
        return super().list(call)


class NoDomainIsOneOfItsOwn(EmojiHandlers):
    """Those whose tokens name no domain share what they upload, and nothing else."""

    def domain(self, call: Call, named: str | None) -> str:
        if call.identity is not None and call.identity.domain is None:
            return "none"
        return super().domain(call, named)


class TakenIsInvalid(Emojis):
    """A name that the domain has already is refused with 400."""

    def add(self, domain: str, name: str, content: bytes, by: str) -> Emoji:
        try:
            return super().add(domain, name, content, by)
        except Conflict as error:
            raise Invalid(str(error)) from None


class EncodesAnew(Images):
    """Every image is served as another GIF of its size."""

    def served(self, image: Image) -> Response:
        pixels = size_of(image.content)
        assert pixels is not None
        return super().served(Image("image/gif", gif(0, pixels)))


class ServesItsStart(Images):
    def served(self, image: Image) -> Response:
        return super().served(replace(image, content=image.content[:12]))


class ServesOneForAll(Images):
    def served(self, image: Image) -> Response:
        return super().served(Image("image/gif", gif()))


@contextmanager
def serving(parts: Parts) -> Iterator[str]:
    """The reference server with these parts, on a loop of its own."""
    application = build(SPEC, parse(toml(CONFIG), "server.toml"), Log(sys.stderr, "error"), parts)
    loop, connections, log = asyncio.new_event_loop(), Connections(), Log(sys.stderr, "error")
    listening = loop.create_server(lambda: Connection(application, log, connections), "127.0.0.1", 0)
    server = loop.run_until_complete(listening)
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        asyncio.run_coroutine_threadsafe(connections.end(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def wrong(folder: Path, url: str, requirement: str, minting: str = SECRET_TOKENS) -> list[tuple[Any, ...]]:
    """What of a requirement did not pass, and why."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "target.toml"
    file.write_text(f'base_url = "{url}"\nprofiles = ["emoji"]\n{minting}', encoding="utf-8")
    records: list[dict[str, Any]] = []
    chosen = Settings(
        target_file=file,
        requirements=(requirement,),
        run_dir=folder / "run",
        confirm=1,
        control_lane=False,
        seed=1,
    )
    asyncio.run(Session(chosen, SPEC, [records.append]).run())
    found = [
        record for record in records if record["type"] == "verdict" and record["requirement"] == requirement
    ]
    assert found
    return [(one["check"], one["case"], one["reason"]) for one in found if one["verdict"] != Verdict.PASS]


@pytest.mark.parametrize(
    "parts",
    [
        Parts(emojis=CountedIds),
        Parts(emoji_handlers=NoDomainIsInvalid),
        Parts(emoji_handlers=NoDomainSeesNothing),
        Parts(emoji_handlers=NoDomainIsOneOfItsOwn),
        Parts(images=EncodesAnew),
    ],
    ids=["counted ids", "no domain is 400", "no domain sees nothing", "no domain is one", "encodes anew"],
)
def test_another_choice_is_no_fault(parts: Parts, tmp_path: Path) -> None:
    with serving(parts) as url:
        assert wrong(tmp_path, url, "EMO-3") == []


@pytest.mark.parametrize(
    ("images", "reason"),
    [
        (
            ServesItsStart,
            "what the image lacks, as image/gif: wanted nothing; got 'the byte 3b, which ends a GIF'",
        ),
        (ServesOneForAll, "width and height of the image, as image/gif: wanted [2, 3]; got [1, 1]"),
    ],
    ids=["its start", "one for all"],
)
def test_an_image_that_is_not_the_one_is_found(images: type[Images], reason: str, tmp_path: Path) -> None:
    with serving(Parts(images=images)) as url:
        found = wrong(tmp_path, url, "EMO-3")
    assert {(check, case) for check, case, _ in found} == {
        ("the_url_serves_the_image", kind) for kind in PICTURES
    }
    assert reason in [why for _, case, why in found if case == "gif"]


def test_tokens_of_one_domain_serve_run_after_run(tmp_path: Path) -> None:
    """The case of the claim is the issuer's, and no run meets the names of an earlier one."""
    signer = tokens.SecretSigner(SECRET.encode())
    people = [signer.sign(tokens.claims(SPEC, user, csrf="word", domain="Mail.Example")) for user in "abcdef"]
    listed = "".join(f'[[tokens.list]]\ntoken = "{token}"\n' for token in people)
    with serving(Parts(emojis=TakenIsInvalid)) as url:
        for number in range(3):
            for requirement in ("EMO-1", "EMO-4"):
                assert wrong(tmp_path / f"{number}{requirement}", url, requirement, listed) == []


def test_a_name_like_another_has_its_shape_and_is_not_taken() -> None:
    right = SPEC.probes["emoji_names"]["right"]
    assert {len(shape) for shape in right} >= {2, 32}
    assert any(shape.isdigit() for shape in right) and any("_" in shape for shape in right)
    for shape in right:
        name = name_like(shape, [])
        assert [one.isdigit() for one in name] == [one.isdigit() for one in shape]
        assert [one.isupper() for one in name] == [one.isupper() for one in shape]
        assert [one == "_" for one in name] == [one == "_" for one in shape]
    taken: list[Any] = [f"{letter}_" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXY"]
    assert name_like("x_", [*taken, None, 7]) == "z_"
    with pytest.raises(Inconclusive, match="every name like 'x_'"):
        name_like("x_", [*taken, "z_"])
