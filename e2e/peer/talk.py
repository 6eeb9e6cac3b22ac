"""A room as one peer takes part in it: what becomes of each frame that comes, and what it sends. No network.

A star: the broadcaster forwards frames unchanged to its other links (protocol section 5).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from e2e.peer.clock import Clock
from e2e.peer.history import History, chainable
from e2e.peer.people import People
from e2e.peer.shown import Message, Record, Scroll, Seen
from protocol import frames, room_key
from protocol.chain import chain_id
from protocol.envelope import EnvelopeError
from protocol.frames import Author, Frame, Refused
from protocol.room_key import Cipher
from protocol.spec import Json, Spec

FOR_ALL = ("message", "system", "join", "leave", "typing", "typing_stop", "presence")  # what is forwarded
OF_HOST = ("room_key_response", "system")  # what only the broadcaster may send
SENT = 5_000  # own messages that are kept to be sent again


class Line(Protocol):
    """A channel to one other."""

    peer_id: str | None

    def send(self, text: str | bytes) -> bool: ...


class Talk:
    """One person's part in one room. `links` are the open channels: of a viewer one at most."""

    history_class = History  # wrong peers have others
    cipher_class = Cipher

    def __init__(
        self, spec: Spec, author: Author, host_id: str | None, *, hosting: bool, encrypted: bool, clock: Clock
    ) -> None:
        self.spec = spec
        self.author = author
        self.host_id = host_id
        self.hosting = hosting
        self.encrypted = encrypted
        self.clock = clock
        self.links: list[Line] = []
        self.people = People(spec)
        self.scroll = Scroll()
        self.record = Record()
        self.history = self.history_class(spec, author, hosting)
        self.cipher: Cipher | None = None
        self.status = "online"
        self.sent: list[Json] = []  # own messages, in their order
        self.refusals: list[str] = []  # why own messages were not sent
        self.on_gone: Callable[[Line, str], None] = lambda line, user_id: None
        self.on_move: Callable[[str], None] = lambda room: None
        self.answer_by: Callable[[Json], list[Json]] | None = None
        self.rooms = {author.room}
        if hosting:
            self._use_key(room_key.make(spec))
            self.history.meet(author.user_id)

    # -- links come and go

    def opened(self, line: Line, again: bool = False) -> None:
        """The channel is open: says who is here, and a viewer asks for what it missed."""
        self.links.append(line)
        self.scroll.opened()
        self.history.opened(again)
        if self.hosting:
            assert self.cipher is not None, "the broadcaster makes the key with the room"
            key = self.cipher.room_key
            self.tell(line, self.author.room_key_response(key, room_key.key_hash(key)))
        self.tell(line, self.author.presence(self.status))
        if self.hosting:
            # So that a late one knows whose history there is, also of those who have gone.
            for user_id, person in self.people.known.items():
                if person.said and user_id != line.peer_id:
                    line.send(person.said)
            return
        self.tell(line, self.author.peer_info())
        self.history.meet(self.author.user_id)
        if self.host_id is not None:
            self.history.meet(self.host_id)
        for message in self.sent:  # whoever knows it drops it
            self.tell(line, message)
        self.ask()

    def closed(self, line: Line) -> None:
        """The channel is gone."""
        if line in self.links:
            self.links.remove(line)
            if not self.hosting:
                self.history.lost()

    # -- what goes out

    def tell(self, line: Line, frame: Json) -> bool:
        return line.send(frames.encode(frame))

    def tell_all(self, frame: Json) -> None:
        text = frames.encode(frame)
        for line in list(self.links):
            line.send(text)

    def say(self, text: str) -> Json | None:
        """Sends a message; None where it is refused, and `refusals` says why."""
        if not frames.fits(self.spec, text):
            most = frames.content_bytes(self.spec)
            self.refusals.append(f"the text is no UTF-8 of at most {most} bytes")
            return None
        return self.post(self.chat(text), text)

    def chat(self, text: str) -> Json:
        """A message of one's own, sealed where the talk is encrypted; it is not sent."""
        sealed = self.cipher.seal(text) if self.encrypted and self.cipher is not None else None
        return self.author.chat(text, sealed=sealed)

    def post(self, message: Json, text: str) -> Json:
        """Sends a message that is made already, and shows it."""
        self.scroll.add(Message(message["id"], message["senderId"], text, message["timestamp"]))
        self.sent = [*self.sent[-SENT:], message]
        self.history.record(message)
        self.tell_all(message)
        return message

    def ask(self) -> None:
        """Sends the sync_requests that are due."""
        for request in self.history.requests(self.clock.now()):
            self.tell_all(request)

    # -- what comes

    def receive(self, line: Line, text: str | bytes) -> None:
        """Takes in a frame. Whatever is wrong with it, it is dropped and nothing is raised."""
        if not isinstance(text, str):
            self.record.drop(repr(text[:50]), "it is no text")
            return
        self.record.came(Seen(self.clock.now(), line.peer_id, text[: frames.frame_bytes(self.spec)]))
        frame = frames.decode(self.spec, text)
        why = frame.why if isinstance(frame, Refused) else self.objection(line, frame)
        if why is not None or isinstance(frame, Refused):
            self.record.drop(text, str(why))
            return
        self.forward(line, frame)
        self.take(line, frame)

    def objection(self, line: Line, frame: Frame) -> str | None:
        """Why a valid frame is not taken here, or None."""
        body = frame.body
        room = body.get("roomId", str(body.get("chainId", "")).partition(":")[0] or self.author.room)
        if room not in self.rooms and frame.type != "chunk_request":
            return f"it is of room {room}"
        sender = frame.sender(self.spec)
        if self.hosting:
            if frame.type in OF_HOST:
                return f"{frame.type} is the broadcaster's"
            if sender is not None and sender != line.peer_id:
                return f"its sender {sender} is not this channel's viewer"
            if frame.type == "peer_info" and body["peer"].get("userId") not in (None, line.peer_id):
                return "it tells of somebody else"
        elif frame.type in OF_HOST and self.host_id not in (None, sender):
            return f"{frame.type} is not from the broadcaster"
        if "id" in body and self.scroll.knows(body["id"]):
            return "its id is known"
        if "id" in body and self.scroll.is_full:
            return "no more messages are kept"
        if frame.type == frames.DEFAULT_TYPE and not chainable(body):
            return "no chain can hold it"
        return None

    def forward(self, line: Line, frame: Frame) -> None:
        """The broadcaster hands it on, unchanged."""
        if self.hosting and frame.type in FOR_ALL:
            for other in list(self.links):
                if other is not line:
                    other.send(frame.text)

    def take(self, line: Line, frame: Frame) -> None:
        """What a frame that nothing is wrong with does."""
        body = frame.body
        match frame.type:
            case "message":
                self._message(frame)
            case "system":
                self._system(body)
            case "join" | "leave":
                status = "online" if frame.type == "join" else "offline"
                self.people.present(body["senderId"], body["senderName"], status, "")
            case "typing":
                self.people.types(body["userId"], body["userName"], self.clock.now())
            case "typing_stop":
                self.people.stops(body["userId"])
            case "presence":
                self.history.meet(body["userId"])
                self.people.present(body["userId"], body["userName"], body["status"], frame.text)
                if body["status"] == "offline":
                    self.on_gone(line, body["userId"])
                self.ask()
            case "peer_info":
                pass  # presence tells the same, and goes to all
            case "room_key_request":
                if self.hosting and self.cipher is not None:
                    key = self.cipher.room_key
                    self.tell(line, self.author.room_key_response(key, room_key.key_hash(key)))
            case "room_key_response":
                self._key(body, frame.text)
            case "sync_request":
                for answer in self.answer(body):
                    self.tell(line, answer)
            case "sync_response":
                self._history(body)
            case "chunk_request":
                chunk = self.history.chunk(body["chunkId"])
                self.tell(line, self.author.chunk_response(body["chunkId"], chunk))

    def answer(self, request: Json) -> list[Json]:
        """What a sync_request is answered with."""
        return self.answer_by(request) if self.answer_by is not None else self.history.answers(request)

    # -- inside

    def _message(self, frame: Frame) -> None:
        body = frame.body
        text = self.open(body)
        if text is None:
            self.record.drop(frame.text, "its content cannot be opened, or is too long")
            return
        self.people.meet(body["senderId"], body.get("senderDisplayName") or body["senderName"])
        self.people.stops(body["senderId"])
        self.scroll.add(Message(body["id"], body["senderId"], text, body["timestamp"]))
        self.history.record(body)

    def open(self, message: Json) -> str | None:
        """The text of a message; None where the room key does not open it, or it is over-long."""
        if not message["encrypted"]:
            text: str = message["content"]
            return text
        if self.cipher is None:
            return None
        try:
            text = self.cipher.open(message["encryptedData"])
        except EnvelopeError:
            return None
        return text if frames.fits(self.spec, text) else None

    def _history(self, response: Json) -> None:
        for message in self.history.take(response):
            text = self.open(message)
            if text is not None:
                self.scroll.insert(Message(message["id"], message["senderId"], text, message["timestamp"]))

    def _key(self, body: Json, text: str) -> None:
        key = body["roomKey"]
        if body["keyHash"] != room_key.key_hash(key):
            self.record.drop(text, "keyHash is not that of roomKey")
        elif self.cipher is None or self.cipher.room_key != key:
            self.host_id = self.host_id or body["senderId"]
            self._use_key(key)
            self.history.meet(body["senderId"])
            self.ask()

    def _use_key(self, key: str) -> None:
        self.cipher = self.cipher_class(self.spec, key)
        self.history.keyed(key)

    def _system(self, body: Json) -> None:
        """The broadcaster tells the room's new id."""
        room = body["content"]
        if chain_id(room, body["senderId"]) != chain_id(self.author.room, body["senderId"]):
            probe = self.author.room_key_request() | {"roomId": room}
            if not frames.problems_of(self.spec, "room_key_request", probe):
                self.move(room)

    def move(self, room: str) -> None:
        """The talk goes on in another room, with the same key. Its chains begin anew."""
        self.rooms.add(room)
        self.author = Author(self.author.user_id, self.author.name, room)
        key = self.cipher.room_key if self.cipher is not None else None
        self.history = self.history_class(self.spec, self.author, self.hosting)
        self.history.opened(False)
        self.sent = []
        if key is not None:
            self.history.keyed(key)
        self.on_move(room)
