"""The emoji service of the reference server: forms, images, domains; and the images that checks send."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import sync_playwright
from server_kit import CONFIG, SECRET, SPEC, Answer, FakeClock, Person, ServerProcess

from protocol import tokens
from protocol.forms import Part, form
from protocol.validation import response_validator
from reference_server import emoji
from reference_server.emoji import Emojis, kinds
from reference_server.forms import PARTS, read_form
from reference_server.refusal import Conflict, Invalid, Refusal, WrongType
from suite.pictures import PICTURES, gif, missing_end, png, size_of, webp

UPLOAD, LIST = SPEC.operation("uploadEmoji").path, SPEC.operation("listEmoji").path
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRAW = """async (images) => {
  const drawn = {};
  for (const [name, bytes] of Object.entries(images)) {
    const bitmap = await createImageBitmap(new Blob([new Uint8Array(bytes)])).catch(() => ({}));
    drawn[name] = [bitmap.width, bitmap.height];
  }
  return drawn;
}"""
MOST = SPEC.limits["emoji_bytes"]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("server"), {**CONFIG, "encryption": {"enabled": True}}) as one:
        yield one


@pytest.fixture
def server(running: ServerProcess) -> ServerProcess:
    assert running.reset().status == 200
    return running


def somebody(server: ServerProcess, user: str, domain: object = "mail.example") -> Person:
    """By cookie, so that answers are plain."""
    claims = tokens.claims(SPEC, user, csrf="word", domain=domain)
    token = tokens.SecretSigner(SECRET.encode()).sign(claims)
    return Person(server.url, user, token, cookie=True, csrf="word")


def upload(person: Person, *parts: Part) -> Answer:
    media, body = form(parts)
    return person.send("POST", UPLOAD, body, {"Content-Type": media})


def image(person: Person, name: str, content: bytes, *more: Part) -> Answer:
    return upload(person, Part("name", name.encode()), Part("file", content, "x.png", "image/png"), *more)


# -- the server


def test_an_emoji_is_listed_got_and_served_to_its_domain(server: ServerProcess) -> None:
    alice, bob = somebody(server, "alice"), somebody(server, "bob", "MAIL.example")
    carol = somebody(server, "carol", "other.example")
    added = image(alice, "party_cat", webp())
    found = added.body["emoji"]
    listed = bob.get(f"{LIST}?domain=Mail.Example")
    got = bob.get(f"/emoji/{found['id']}")
    for operation, answer in (("uploadEmoji", added), ("listEmoji", listed), ("getEmoji", got)):
        assert answer.status == 200, (operation, answer)
        assert response_validator(SPEC, operation).problems(answer.body) == []
    assert listed.body["emojis"] == [got.body["emoji"]] == [found]
    assert carol.get(LIST).body["emojis"] == []
    assert carol.get(f"/emoji/{found['id']}").status == 404
    assert carol.get(f"{LIST}?domain=mail.example").status == 403
    assert image(carol, "party_cat", png(), Part("domain", b"mail.example")).status == 403
    assert image(carol, "party_cat", png(), Part("domain", b"OTHER.example")).status == 200
    served = server.nobody().get(found["url"])
    assert (served.status, served.header("content-type"), served.raw) == (200, "image/webp", webp())
    assert served.header("x-content-type-options") == "nosniff"
    assert "sandbox" in str(served.header("content-security-policy"))
    assert "immutable" in str(served.header("cache-control"))
    assert server.nobody().send("HEAD", found["url"]).raw == b""
    assert server.nobody().post(found["url"], {}).status == 404
    server.reset()
    assert server.nobody().get(found["url"]).status == 404


def test_a_token_without_a_domain_has_no_emoji(server: ServerProcess) -> None:
    for odd in (None, "", 42, ["mail.example"]):
        alice = somebody(server, "alice", odd)
        assert (
            alice.get(LIST).status == image(alice, "cat", png()).status == alice.get("/emoji/x").status == 403
        )


def test_a_bearer_gets_an_envelope_and_needs_no_csrf_word(server: ServerProcess) -> None:
    alice = somebody(server, "alice")
    assert image(replace(alice, csrf=None), "cat", png()).status == 403
    bearer = replace(alice, cookie=False, csrf=None)
    for answer in (image(bearer, "cat", png()), bearer.get(LIST)):
        assert (answer.status, answer.header("x-encrypted")) == (200, "true")


def test_faults_are_refused_by_name_and_change_nothing(server: ServerProcess) -> None:
    alice = somebody(server, "alice")
    name, file = Part("name", b"cat"), Part("file", png(), "x.png", "image/png")
    refused = {
        (400, "name"): upload(alice, file),
        (400, "file"): upload(alice, name),
        (400, "name "): upload(alice, Part("name", b"c"), file),
        (400, "file "): upload(alice, name, Part("file", b"no file")),
        (400, ""): upload(alice, name, name, file),
        (400, " "): upload(alice, Part("name", b"\xff\xff"), file),
        (415, ""): alice.post(UPLOAD, {"name": "cat", "file": "x"}),
        (415, " "): upload(alice, name, Part("file", b"<svg/>", "x.svg", "image/svg+xml")),
        (413, ""): upload(alice, name, Part("file", png(MOST) + b"x", "x.png", "image/png")),
        (413, " "): upload(alice, name, Part("file", png(SPEC.limits["body_bytes"]), "x.png", "image/png")),
    }
    for (status, field), answer in refused.items():
        assert answer.status == status, (field, answer)
        assert answer.body.get("details", {}).get("field", "") == field.strip()
    assert alice.get(LIST).body["emojis"] == []
    assert image(alice, "cat", png(MOST), Part("other", b"ignored")).status == 200
    again = image(alice, "cat", gif())
    assert (again.status, again.body["details"]) == (409, {"field": "name"})


# -- forms


def read(*parts: Part) -> dict[str, str | bytes]:
    media, body = form(parts)
    return read_form(media.encode(), body)


def test_a_form_is_read_as_it_was_written() -> None:
    binary = bytes(range(256)) + b"\r\n--parley\r\n"
    assert read(Part("name", "ü\r\n".encode()), Part("file", binary, 'a"b.png', "image/png")) == {
        "name": "ü\r\n",
        "file": binary,
    }
    with pytest.raises(Invalid, match="too many parts"):
        read(*(Part(f"p{number}", b"") for number in range(PARTS + 1)))


@pytest.mark.parametrize(
    ("media", "body", "refusal"),
    [
        (None, b"", WrongType),
        (b"application/json", b"{}", WrongType),
        (b"multipart/form-data", b"", Invalid),
        (b"multipart/form-data; boundary=" + b"x" * 71, b"", Invalid),
        (b"multipart/form-data; boundary=x", b"", Invalid),
        (b"multipart/form-data; boundary=x", b"no form", Invalid),
        (b"multipart/form-data; boundary=x", b"--x\r\nno header", Invalid),
        (b"multipart/form-data; boundary=x", b"--x\r\n" + b"a: b\r\n" * 100 + b"\r\n\r\n--x--\r\n", Invalid),
        (
            b"multipart/form-data; boundary=x",
            b"--x\r\na: " + b"b" * 10_000 + b"\r\n\r\n\r\n--x--\r\n",
            Invalid,
        ),
        (
            b"multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb',
            Invalid,
        ),
    ],
)
def test_what_is_no_form_is_refused(media: bytes | None, body: bytes, refusal: type[Refusal]) -> None:
    with pytest.raises(refusal):
        read_form(media, body)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"", b"--x\r\n", b'--x\r\nContent-Disposition: form-data; name="']),
)
def test_no_body_whatever_is_a_fault_of_ours(rest: bytes, start: bytes) -> None:
    try:
        read_form(b"multipart/form-data; boundary=x", start + rest)
    except Refusal:
        pass


# -- the store


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Emojis(FakeClock(), kinds(SPEC), MOST)
    monkeypatch.setattr(emoji, "IN_A_DOMAIN", 3)
    monkeypatch.setattr(emoji, "IN_ALL_BYTES", 5 * len(png()))
    for number in range(3):
        store.add("a.example", f"cat_{number}", png(), "alice")
    with pytest.raises(Conflict, match="as many emoji as are kept"):
        store.add("a.example", "cat", png(), "alice")
    store.add("b.example", "cat_0", png(), "bob")
    store.add("b.example", "cat_1", png(), "bob")
    with pytest.raises(Conflict, match="as many emoji as are kept"):
        store.add("c.example", "cat", png(), "carol")
    store.clear()
    store.add("c.example", "cat", png(), "carol")


def test_no_domain_takes_the_room_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert emoji.IN_A_DOMAIN_BYTES * 10 < emoji.IN_ALL_BYTES
    store = Emojis(FakeClock(), kinds(SPEC), MOST)
    monkeypatch.setattr(emoji, "IN_A_DOMAIN_BYTES", 2 * len(png()))
    for number in range(2):
        store.add("a.example", f"cat_{number}", png(), "alice")
    with pytest.raises(Conflict, match="as many emoji as are kept"):
        store.add("a.example", "cat", png(), "alice")
    store.add("b.example", "cat", png(), "bob")


def test_a_format_is_told_by_its_first_bytes() -> None:
    store = Emojis(FakeClock(), kinds(SPEC), MOST)
    for content, media in (
        (png(), "image/png"),
        (gif(), "image/gif"),
        (b"GIF87a", "image/gif"),
        (webp(), "image/webp"),
        (b"RIFF\n\r\x00\xffWEBP", "image/webp"),
    ):
        kind = store.kind_of(content)
        assert kind is not None
        assert kind.media == media
    for probe in SPEC.probes["no_images"]:
        assert store.kind_of(bytes.fromhex(probe["bytes"])) is None, probe["name"]
    for probe in SPEC.probes["active_images"]:
        assert store.kind_of(bytes.fromhex(probe["before"]) + probe["text"].encode()) is None, probe["name"]


# -- the images that checks send


@pytest.mark.parametrize("kind", PICTURES)
def test_an_image_has_exactly_the_bytes_that_are_wanted(kind: str) -> None:
    make = PICTURES[kind]
    least = len(make(0))
    step = 2 if kind == "webp" else 1
    for size in (*range(least + 26, least + 800, step), MOST):
        assert len(make(size)) == size


@pytest.mark.parametrize("kind", PICTURES)
def test_the_size_of_an_image_and_its_end_are_read(kind: str) -> None:
    for size in (0, 700):
        for pixels in ((1, 1), (2, 3), (64, 48)):
            image = PICTURES[kind](size, pixels)
            assert size_of(image) == pixels
            assert missing_end(image) == ""
            for cut in range(12, len(image)):
                assert missing_end(image[:cut]), (pixels, cut)
            for cut in range(len(image)):
                assert size_of(image[:cut]) in (None, pixels)


def test_a_lossy_webp_has_a_size_and_what_is_no_image_has_none() -> None:
    lossy = b"RIFF\x16\x00\x00\x00WEBPVP8 \x0a\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\x40\x00\x30\x40"
    assert (size_of(lossy), missing_end(lossy)) == ((64, 48), "")
    for other in (b"", b"parley", b"GIF89a", b"RIFF\0\0\0\0WAVEfmt ", lossy.replace(b"VP8 ", b"VP8?")):
        assert size_of(other) is None
    assert missing_end(b"") == missing_end(b"parley") == ""


def test_a_webp_is_for_decoders_of_the_basic_formats() -> None:
    """Go's refuses a VP8L behind a VP8X that announces alpha."""
    plain, padded = webp(), webp(700)
    assert plain[12:16] == b"VP8L"
    assert not plain[24] >> 4 & 1, "no alpha is used"
    assert (padded[12:16], padded[20], padded[30:34]) == (b"VP8X", 0, b"VP8L")


@pytest.mark.skipif(BROWSER is None, reason="chromium is not installed (make test says how)")
def test_a_browser_draws_every_image() -> None:
    cases = [
        (kind, size, pixels)
        for kind in PICTURES
        for size in (0, 700)
        for pixels in ((1, 1), (2, 3), (64, 48))
    ]
    images = {str(case): list(PICTURES[case[0]](*case[1:])) for case in cases}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        drawn = browser.new_page().evaluate(DRAW, images)
        browser.close()
    assert drawn == {str(case): list(case[2]) for case in cases}
