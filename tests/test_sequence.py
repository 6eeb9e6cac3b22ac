"""The sequence diagram: who sent what, and what came, within bounds and without harm."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from report_kit import HOSTILE, exchange

from reports import sequence
from reports.sequence import Diagram

SVG = "{http://www.w3.org/2000/svg}"


def parsed(diagram: Diagram) -> ET.Element:
    text = str(diagram.svg).replace("<svg ", f'<svg xmlns="{SVG[1:-1]}" ', 1)
    return ET.fromstring(text)  # noqa: S314 (it is our own)


def words(diagram: Diagram, style: str | None = None) -> list[str]:
    root = parsed(diagram)
    if style == "name":
        return [one.text or "" for one in root.iter(f"{SVG}text") if one.get("class") == style]
    groups = [one for one in root.iter(f"{SVG}g") if style in (one.get("class") or "").split()]
    return [one.text or "" for root in (groups if style else [root]) for one in root.iter(f"{SVG}text")]


def test_actors_and_target_have_lifelines_and_each_exchange_two_arrows() -> None:
    asked = [exchange(1, actor="alice", operation="createRoom"), exchange(2, status=404), exchange(3)]
    diagram = Diagram(asked, 2)
    assert words(diagram, "name") == ["alice", "bob", "target"]
    assert words(diagram, "came") == ["200", "404 ← decided", "200"]
    assert [word for word in words(diagram) if word.startswith("GET")] == [
        "GET createRoom",
        "GET getOffer",
        "GET getOffer",
    ]
    root = parsed(diagram)
    assert len(root.findall(f"{SVG}rect")) == 1
    ways = [one.get("d", "") for one in root.iter(f"{SVG}path")]
    assert len(ways) == 6
    alice, bob, target = (one.get("x1", "") for one in root.findall(f"{SVG}line"))
    assert ways[0].startswith(f"M{alice} ") and f"H{target}" in ways[0]
    assert ways[2].startswith(f"M{bob} ") and ways[3].startswith(f"M{target} ") and f"H{bob}" in ways[3]


def test_it_is_told_in_words() -> None:
    root = parsed(Diagram([exchange(1, actor="alice"), exchange(2)], None))
    title = root.find(f"{SVG}title")
    assert title is not None and title.text == "2 requests of alice, bob to the target, each with its answer"
    assert root.get("role") == "img" and root.get("aria-labelledby") == title.get("id") == "sequence"


def test_only_the_last_exchanges_are_drawn_and_the_others_counted() -> None:
    many = [exchange(number, actor=f"guest{number}") for number in range(1, 101)]
    diagram = Diagram(many, 100)
    assert diagram.before == 100 - sequence.SHOWN
    assert len(words(diagram, "came")) == sequence.SHOWN
    assert len(diagram.actors) == sequence.LIFELINES and diagram.actors[-1] == "others"
    assert words(diagram, "came")[-1] == "200 ← decided"
    assert Diagram(many[:40], None).before == 0


def test_what_never_came_is_drawn_as_such() -> None:
    diagram = Diagram([exchange(1, status=None)], 1)
    assert words(diagram, "none") == ["no answer ← decided"]


def test_hostile_names_are_text_and_short() -> None:
    asked = exchange(1, actor=HOSTILE, operation=HOSTILE, status=None, answer={"error": HOSTILE})
    diagram = Diagram([asked], 1)
    text = str(diagram.svg)
    assert "<script" not in text and "\x1b" not in text and "\ud800" not in text
    assert {one.tag.removeprefix(SVG) for one in parsed(diagram).iter()} == {
        "svg",
        "title",
        "text",
        "line",
        "path",
        "rect",
        "g",
    }
    odd = exchange(1, actor="\x1b\ud800", operation="\u202e")
    assert words(Diagram([odd], None))[:1] == ["\\u001b\\ud800"] and "\u202e" not in Diagram([odd], None).svg
    assert all(len(word) <= sequence.LABEL_CHARS for word in words(diagram))
