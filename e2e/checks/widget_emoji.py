"""widget: names of emoji become their images (WID-10). Each check has a domain of its own, with an emoji."""

from __future__ import annotations

from dataclasses import dataclass

from e2e.browser.emoji import IMAGE, TEXT, shown_as
from e2e.browser.widget import Widget
from e2e.checks.widget import together
from e2e.fixtures import NewWidget, Person
from e2e.peer import Peer
from e2e.registry import check
from e2e.run import Run
from e2e.waiting import eventually
from protocol.marks import mark
from suite.emoji import domain_of, emoji_name, own_domain, uploaded
from suite.expectations import NotRun, expect, given_that


@dataclass(frozen=True)
class Domain:
    """A domain with one emoji: what the tokens of its people have besides, and its name and id."""

    claims: dict[str, str]
    name: str
    known: str
    id: str

    def has(self, widget: Widget) -> None:
        """Raises NotRun where the visitor of this page is of another one, and has other emoji."""
        if domain_of(widget.user) != self.name:
            raise NotRun("needs users of one domain; those of the target file are of several", "tokens")


async def domain(run: Run, person: Person) -> Domain:
    claims = {"domain": own_domain(run.target)} if run.minter.can_craft else {}
    uploader = await person("uploader", **claims)
    name = emoji_name()
    made = await uploaded(uploader, name=name)
    return Domain(claims, domain_of(uploader), name, made["id"])


async def comes_as(widget: Widget, message: str, name: str, wanted: str) -> str:
    """How the name is shown in the message at last."""
    return await eventually(lambda: shown_as(widget, message, name), lambda shown: shown == wanted)


@check("WID-10", takes_s=6)
async def a_known_name_becomes_its_image_and_an_unknown_one_stays(
    run: Run, person: Person, new_widget: NewWidget
) -> None:
    ours = await domain(run, person)
    pages = [await new_widget(actor, **ours.claims) for actor in ("widget", "second")]
    for page in pages:
        ours.has(page)
    await together(*pages)
    unknown, around = emoji_name("dog"), [mark() for _ in range(3)]
    await pages[0].say(f"{around[0]} :{ours.known}: {around[1]} :{unknown}: {around[2]}")
    for page, who in zip(pages, ("who wrote it", "another"), strict=True):
        found = await comes_as(page, around[0], ours.known, IMAGE)
        expect(found, f"what {who} is shown for the name of an emoji").equals(IMAGE)
        found = await comes_as(page, around[0], unknown, TEXT)
        expect(found, f"what {who} is shown for a name that no emoji has").equals(TEXT)
        (shown,) = [text for text in await page.messages() if around[0] in text]
        kept = [word for word in around if word in shown]
        expect(kept, f"what {who} is shown of the text around them").equals(around)


@check("WID-10", takes_s=5)
async def a_name_is_looked_up_in_ones_own_list_whatever_a_peer_says(
    run: Run, person: Person, new_widget: NewWidget, peer: Peer
) -> None:
    ours = await domain(run, person)
    page = await new_widget("widget", **ours.claims)
    ours.has(page)
    await peer.join(await page.create_room())
    known, unknown = mark(), emoji_name("dog")
    await peer.say_as(f":{ours.known}: {known}")
    given_that(
        await comes_as(page, known, ours.known, IMAGE), "what is shown for the name of an emoji"
    ).equals(IMAGE)
    claimed = mark()
    await peer.say_as(f":{unknown}: {claimed}", emoji=[ours.id])
    found = await comes_as(page, claimed, unknown, TEXT)
    expect(found, "what is shown for an unknown name that a peer says is an emoji").equals(TEXT)
