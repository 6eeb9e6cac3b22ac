"""The room key, and contents sealed with it."""

from __future__ import annotations

import pytest

from protocol import envelope, frames, room_key, spec
from protocol.envelope import EnvelopeError
from protocol.room_key import Cipher

SPEC = spec.load()


def test_a_key_is_fresh_and_valid_in_its_frame() -> None:
    first, second = room_key.make(SPEC), room_key.make(SPEC)
    assert first != second
    frame = frames.Author("alice", "Alice", "room_1").room_key_response(first, room_key.key_hash(first))
    assert frames.problems_of(SPEC, "room_key_response", frame) == []


def test_a_sealed_content_is_a_valid_frame_and_opens_with_the_key_only() -> None:
    key = room_key.make(SPEC)
    mine, theirs = Cipher(SPEC, key), Cipher(SPEC, key)
    for content in ("", "Ünï 漢字 🙂", "x" * frames.content_bytes(SPEC)):
        sealed = mine.seal(content)
        frame = frames.Author("alice", "Alice", "room_1").chat(content, sealed=sealed)
        assert frames.problems_of(SPEC, "message", frame) == []
        assert frame["content"] == ""
        assert sealed["passwordProtected"] is False
        assert theirs.open(sealed) == content
        with pytest.raises(EnvelopeError, match="does not decrypt"):
            Cipher(SPEC, room_key.make(SPEC)).open(sealed)


def test_one_salt_a_session_and_a_fresh_iv_each_message() -> None:
    key = room_key.make(SPEC)
    mine = Cipher(SPEC, key)
    sealed = [mine.seal("same") for _ in range(3)]
    assert len({one["salt"] for one in sealed}) == 1
    assert len({one["iv"] for one in sealed}) == 3
    assert Cipher(SPEC, key).seal("same")["salt"] != sealed[0]["salt"]


def test_a_key_is_derived_once_for_each_salt(monkeypatch: pytest.MonkeyPatch) -> None:
    derived: list[bytes] = []
    real = envelope.derive

    def counted(spec_: spec.Spec, token: str, salt: bytes) -> bytes:
        derived.append(salt)
        return real(spec_, token, salt)

    monkeypatch.setattr(envelope, "derive", counted)
    key = room_key.make(SPEC)
    mine, theirs = Cipher(SPEC, key), Cipher(SPEC, key)
    for text in ("a", "b", "c"):
        assert theirs.open(mine.seal(text)) == text
    assert len(derived) == 2


def test_a_flood_of_salts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_key, "MOST_SALTS", 3)
    key = room_key.make(SPEC)
    mine = Cipher(SPEC, key)
    own = mine.seal("own")
    first, second, third = (Cipher(SPEC, key).seal("x") for _ in range(3))
    assert [mine.open(one) for one in (first, second, first)] == ["x"] * 3
    with pytest.raises(EnvelopeError, match="there were 3 others already"):
        mine.open(third)
    assert mine.open(own) == "own" and mine.open(mine.seal("more")) == "more"


def test_what_is_no_text_is_said() -> None:
    key = room_key.make(SPEC)
    sealed = envelope.seal(SPEC, key, b"\xff\xfe")
    with pytest.raises(EnvelopeError, match="no UTF-8 text"):
        Cipher(SPEC, key).open(sealed)
