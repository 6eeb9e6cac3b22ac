"""emoji: images of a domain, uploaded, listed, got and served (EMO-1 to EMO-6).

Each check has a domain of its own, by the claim of the tokens that the harness signs; where it signs none,
the domain is that of the tokens it was given.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit

from conformance.cast import Cast
from conformance.checks.csrf import csrf_header
from conformance.registry import check, each
from protocol import tokens
from protocol.client import User
from protocol.operations import Answer
from protocol.spec import Spec
from suite.emoji import domain_of, emoji_name, emoji_of, listed, name_like, own_domain, uploaded
from suite.expectations import Inconclusive, NotRun, expect, given, given_that, refused_but_for, twin
from suite.pictures import PICTURES, Picture, missing_end, png, size_of

HIDDEN = (403, 404)  # how somebody else's emoji is refused
NO_DOMAIN = (400, 401, 403)  # how a token without a domain is refused, where it is
SIZES = ((2, 3), (5, 4))  # of pictures that are told apart by nothing else


def pictures(spec: Spec) -> Iterator[tuple[str, Picture]]:
    yield from PICTURES.items()


async def member(cast: Cast, actor: str = "alice", domain: str | None = None) -> tuple[User, str]:
    """Somebody of a domain, and the domain: this one, or one of its own."""
    if cast.world.minter.can_craft:
        domain = domain or own_domain(cast.target)
        return await cast.person(actor, domain=domain), domain
    user = await cast.person(actor)
    return user, domain_of(user)


def lasting(emoji: dict[str, Any]) -> dict[str, Any]:
    """What of an emoji stays as it is; its url may be signed for a while."""
    return {name: emoji.get(name) for name in ("id", "name", "domain", "uploadedBy", "uploadedAt")}


# -- EMO-1


@check("EMO-1")
@each(pictures)
async def an_image_is_uploaded_listed_and_got(cast: Cast, case: Picture) -> None:
    user, domain = await member(cast)
    name = emoji_name()
    answer = await user.upload(name, case(0))
    expect(answer).accepted().valid().has("emoji.name", name)
    expect(str(answer.at("emoji.domain")).lower(), "emoji.domain of uploadEmoji").equals(domain.lower())
    expect(answer.at("emoji.uploadedBy"), "emoji.uploadedBy of uploadEmoji").equals(user.id)
    made = emoji_of(answer)
    everything = await user.list_emoji()
    expect(everything).accepted().valid()
    found = next((one for one in listed(everything) if one.get("id") == made["id"]), {})
    expect(lasting(found), "the emoji in the list, by its id").equals(lasting(made))
    got = await user.get_emoji(made["id"])
    expect(got).accepted().valid()
    expect(lasting(emoji_of(got)), "the emoji that getEmoji gives").equals(lasting(made))


@check("EMO-1", tags=["size"])
@each(pictures)
async def an_image_of_the_most_bytes_is_taken_and_a_larger_is_not(
    cast: Cast, spec: Spec, case: Picture
) -> None:
    user, _ = await member(cast)
    most = spec.limits["emoji_bytes"]
    largest = case(most)
    given_that(len(largest), "the bytes of the image").equals(most)
    expect(await user.upload(emoji_name(), largest), f"an image of {most} bytes").accepted()
    # A byte behind the end of an image changes nothing about it, but for its size.
    larger = await user.upload(emoji_name(), largest + b"\x00")
    expect(larger, f"an image of {most + 1} bytes").refused(400, 413)


# -- EMO-2 and EMO-5


@check("EMO-2")
@each(lambda spec: [(one["name"], bytes.fromhex(one["bytes"])) for one in spec.probes["no_images"]])
async def other_content_is_refused_whatever_its_name(cast: Cast, case: bytes) -> None:
    user, _ = await member(cast)
    expect(await user.upload(emoji_name(), case), "an upload of no image as emoji.png").refused()
    twin(await user.upload(emoji_name(), png()))


@check("EMO-5")
@each(
    lambda spec: [
        (one["name"], bytes.fromhex(one["before"]) + one["text"].encode())
        for one in spec.probes["active_images"]
    ]
)
async def svg_and_html_are_refused(cast: Cast, case: bytes) -> None:
    user, _ = await member(cast)
    for file_name, media in (
        ("emoji.png", "image/png"),
        ("emoji.svg", "image/svg+xml"),
        ("emoji.html", "text/html"),
    ):
        answer = await user.upload(emoji_name(), case, file_name=file_name, media=media)
        expect(answer, f"an upload of it as {file_name}, {media}").refused()
    twin(await user.upload(emoji_name(), png()))


# -- EMO-3


@check("EMO-3")
async def list_and_get_need_a_token(cast: Cast) -> None:
    user, _ = await member(cast)
    made = await uploaded(user)
    nobody = user.without_token()
    expect(await nobody.list_emoji(), "listEmoji without a token").refused(401)
    expect(await nobody.get_emoji(made["id"]), "getEmoji without a token").refused(401)
    twin(await user.list_emoji())
    twin(await user.get_emoji(made["id"]))


@check("EMO-3", needs_signing=True)
async def others_of_the_domain_see_an_emoji(cast: Cast) -> None:
    user, domain = await member(cast)
    made = await uploaded(user)
    other, _ = await member(cast, "bob", domain)
    ids = [one.get("id") for one in listed(given(await other.list_emoji()))]
    expect(ids, "the ids of the emoji that another of the domain is listed").contains(made["id"])
    expect(await other.get_emoji(made["id"]), "getEmoji by another of the domain").accepted()


@check("EMO-3", needs_signing=True, safety=True)
async def nobody_of_another_domain_sees_an_emoji(cast: Cast) -> None:
    user, _ = await member(cast)
    foreigner, _ = await member(cast, "stranger")
    await uploaded(user)  # the second one is looked for: ids may be counted in each domain
    made, own = await uploaded(user), await uploaded(foreigner, png(pixels=SIZES[1]))
    shown = given(await foreigner.list_emoji())
    given_that([one.get("id") for one in listed(shown)], "the ids of one's own emoji").contains(own["id"])
    lacks(shown, made, "another domain is listed", "id")
    expect(await foreigner.get_emoji(made["id"]), "getEmoji by another domain").refused(*HIDDEN)
    twin(await foreigner.get_emoji(own["id"]))


def lacks(shown: Answer, emoji: dict[str, Any], who: str, *more: str) -> None:
    """The emoji is not in this list: by its name, its url, and `more` that no other one shares."""
    for key in ("name", "url", *more):
        if key in emoji:
            values = [one.get(key) for one in listed(shown)]
            expect(values, f"each {key} that {who}", shown).lacks(emoji[key])


@check("EMO-3", needs_signing=True)
async def a_differing_domain_is_refused(cast: Cast) -> None:
    user, domain = await member(cast)
    foreigner, foreign = await member(cast, "stranger")
    await uploaded(foreigner)
    expect(await user.list_emoji(foreign), "listEmoji of another domain").refused(403)
    twin(await user.list_emoji(domain))
    upload = await user.upload(emoji_name(), png(), domain=foreign)
    expect(upload, "uploadEmoji to another domain").refused(403)
    twin(await user.upload(emoji_name(), png(), domain=domain))


@check("EMO-3", needs_signing=True)
async def a_token_without_a_domain_sees_no_emoji_of_one(cast: Cast) -> None:
    user, domain = await member(cast)
    made = await uploaded(user)
    nobodys = await cast.person("stranger")
    for named in (None, domain):
        shown = await nobodys.list_emoji(named)
        of = "" if named is None else " of a domain"
        expect(shown, f"listEmoji{of} by a token without a domain").refused(200, *NO_DOMAIN)
        lacks(shown, made, "a token without a domain is listed")
    got = await nobodys.get_emoji(made["id"])
    expect(got, "getEmoji by a token without a domain").refused(*NO_DOMAIN, *HIDDEN)
    twin(await user.list_emoji())
    twin(await user.get_emoji(made["id"]))


@check("EMO-3", needs_signing=True)
async def nothing_comes_into_a_domain_by_a_token_without_one(cast: Cast) -> None:
    user, domain = await member(cast)
    made = await uploaded(user)
    nobodys = await cast.person("stranger")
    for edits in ({}, {"domain": domain}):
        name = emoji_name()
        answer = await nobodys.upload(name, png(pixels=SIZES[1]), **edits)
        # Such emoji may be nobody's: only that this domain has none of them is asked.
        expect(answer, "uploadEmoji by a token without a domain").refused(200, *range(400, 500))
        kept = [one.get("name") for one in listed(given(await user.list_emoji()))]
        given_that(kept, "the names in the list of a domain").contains(made.get("name"))
        about = "the names in the list of a domain after an upload by a token without one"
        expect(kept, about).lacks(name)


@check("EMO-3")
@each(pictures)
async def the_url_serves_the_image(cast: Cast, spec: Spec, case: Picture) -> None:
    user, _ = await member(cast)
    for pixels in SIZES:
        made = await uploaded(user, case(pixels=pixels))
        request = user.request("getEmoji", params={"emojiId": made["id"]})
        answer = await user.send(request.with_path(path_below(cast, request.path, made.get("url"))))
        media = image_type(answer, spec)
        # It may have been encoded anew, and as another of the formats: so it is known by its size.
        expect(missing_end(answer.raw), f"what the image lacks, as {media}", answer).is_empty()
        size = list(size_of(answer.raw) or ())
        expect(size, f"width and height of the image, as {media}", answer).equals(list(pixels))


def image_type(answer: Answer, spec: Spec) -> str:
    """The media type of the image that a url served; it is one of the formats and begins as that one does."""
    expect(answer.status, "the status of the url of an emoji").equals(200)
    if (answer.header("Content-Encoding") or "identity").strip().lower() != "identity":
        raise Inconclusive("the image came compressed, which nobody asked for", answer.exchange)
    media = (answer.header("Content-Type") or "").partition(";")[0].strip().lower()
    known = spec.policy["emoji_images"].values()
    expect(media, "the Content-Type of the image").is_one_of(sorted({one["type"] for one in known}))
    begins = [one["begins"] for one in known if one["type"] == media]
    start = answer.raw[: max(len(one) // 2 for one in begins)].hex()
    matching = "^(?:" + "|".join(re.escape(one).replace(r"\.", ".") for one in begins) + ")"
    expect(start, f"how the image begins, as {media}").matches(matching)
    return media


def path_below(cast: Cast, request_path: str, url: Any) -> str:
    """The path of a url of the target, as a request has it. Nobody but the target is ever talked to."""
    base = cast.target.base_url
    if not isinstance(url, str):
        raise Inconclusive("a prerequisite failed: the emoji has no url")
    try:
        whole = urlsplit(urljoin(base + request_path, url))._replace(fragment="").geturl()
    except ValueError:
        raise Inconclusive("a prerequisite failed: the url of the emoji is none") from None
    if not whole.startswith(f"{base}/") or re.search(r"[\x00-\x20\x7f\\]", whole):
        raise NotRun(
            "the url of the emoji is not on the target's own origin, and no other is asked", "unknown"
        )
    return whole.removeprefix(base)


# -- EMO-4


@check("EMO-4")
@each(lambda spec: [(repr(name), name) for name in spec.probes["emoji_names"]["wrong"]])
async def a_wrong_name_is_refused(cast: Cast, case: str) -> None:
    user, _ = await member(cast)
    expect(await user.upload(case, png()), f"an emoji of the name {case!r}").refused()
    twin(await user.upload(emoji_name(), png()))


@check("EMO-4")
@each(lambda spec: [(repr(name), name) for name in spec.probes["emoji_names"]["right"]])
async def a_right_name_is_accepted(cast: Cast, case: str) -> None:
    user, _ = await member(cast)
    # Of the shape of the case, and new: a domain that the harness did not make up has those of earlier runs.
    name = name_like(case, [one.get("name") for one in listed(given(await user.list_emoji()))])
    answer = await user.upload(name, png())
    if answer.status == 409 and not cast.world.minter.can_craft:
        raise Inconclusive("the domain of the tokens has an emoji of this name", answer.exchange)
    expect(answer, f"an emoji of the name {name!r}").accepted().has("emoji.name", name)


# -- EMO-6


def unsigned(user: User) -> list[User]:
    """The user without a token, and with one that nobody signed as it is."""
    return [user.without_token(), user.with_token(tokens.tampered(user.token), "tampered token")]


@check("EMO-6")
async def an_upload_without_a_token_is_refused(cast: Cast) -> None:
    user, _ = await member(cast)
    twin(await user.upload(emoji_name(), png()))
    for somebody in unsigned(user):
        answer = await somebody.upload(emoji_name(), png())
        expect(answer, f"an upload by {somebody.delivery}, with no good token").refused()


@check("EMO-6")
async def a_refused_upload_is_not_kept(cast: Cast) -> None:
    user, _ = await member(cast)
    names = [emoji_name() for _ in range(3)]
    for somebody, name in zip(unsigned(user), names, strict=False):
        expect(await somebody.upload(name, png()), "an upload with no good token").refused()
    twin(await user.upload(names[-1], png()))
    kept = [one.get("name") for one in listed(given(await user.list_emoji()))]
    given_that(kept, "the names listed after an upload").contains(names[-1])
    for name in names[:-1]:
        expect(kept, "the names listed after a refused upload").lacks(name)


# -- what holds for every write, and for every answer to a bearer


@check("CSRF-1", needs_signing=True, extra=True)
@each(lambda spec: [("uploadEmoji", "uploadEmoji")])
async def an_upload_by_cookie_needs_the_header(cast: Cast, spec: Spec, case: str) -> None:
    user, _ = await member(cast)
    request = user.by_cookie().uploading(emoji_name(), png())
    await refused_but_for(user, request, lambda one: one.without_header(csrf_header(spec)))


@check("ENC-2", needs_signing=True, extra=True)
@each(lambda spec: [("listEmoji", "listEmoji")])
async def a_list_of_emoji_comes_in_an_envelope(cast: Cast, spec: Spec, case: str) -> None:
    user, _ = await member(cast)
    made = await uploaded(user)
    answer = await user.by_bearer().list_emoji()
    expect(answer.envelope is not None, "whether listEmoji by bearer came in an envelope").equals(True)
    expect(answer).accepted().valid()
    expect([one.get("id") for one in listed(answer)], "the ids listed").contains(made["id"])
