"""What listEmoji, uploadEmoji and getEmoji do, and how images are served."""

from __future__ import annotations

from protocol.spec import Json
from reference_server.app import Reply, Response
from reference_server.emoji import IMAGES, Emojis, Image
from reference_server.http1 import lines
from reference_server.refusal import Forbidden, Header, Invalid
from reference_server.requests import Request
from reference_server.routes import Call, Handler
from reference_server.serving import Application

# What somebody uploaded is shown as the image that it is and runs nothing, wherever it is opened. Under its
# path it never changes.
COMMON: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox; frame-ancestors 'none'"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"content-disposition", b"inline"),
    (b"cache-control", b"private, max-age=86400, immutable"),
)


class EmojiHandlers:
    """The operations under /emoji; the domain is the token's, and none that a request names."""

    def __init__(self, emojis: Emojis) -> None:
        self._emojis = emojis

    def table(self) -> dict[str, Handler]:
        return {"listEmoji": self.list, "uploadEmoji": self.upload, "getEmoji": self.get}

    def list(self, call: Call) -> Json:
        domain = self.domain(call, call.query.get("domain"))
        return {"success": True, "emojis": [emoji.shown() for emoji in self._emojis.of(domain)]}

    def upload(self, call: Call) -> Json:
        fields = call.fields
        domain = self.domain(call, fields.get("domain"))
        content = fields["file"]
        if not isinstance(content, bytes):
            raise Invalid("file: expected a file", field="file")
        emoji = self._emojis.add(domain, fields["name"], content, call.user)
        return {"success": True, "emoji": emoji.shown()}

    def get(self, call: Call) -> Json:
        emoji = self._emojis.get(self.domain(call, None), call.params["emojiId"])
        return {"success": True, "emoji": emoji.shown()}

    def domain(self, call: Call, named: str | None) -> str:
        """The domain of the token. Raises Forbidden where it has none, or where another is named."""
        mine = call.identity.domain if call.identity is not None else None
        if mine is None:
            raise Forbidden("The token names no domain.")
        if named is not None and named.lower() != mine:
            raise Forbidden("This is not the domain of the token.")
        return mine


class Images:
    """An application with the images of emoji in front of it."""

    def __init__(self, app: Application, emojis: Emojis) -> None:
        self._app = app
        self._emojis = emojis

    @property
    def body_cap(self) -> int:
        return self._app.body_cap

    def respond(self, request: Request) -> Reply:
        image = self._image(request)
        if image is None or request.method not in ("GET", "HEAD"):
            return self._app.respond(request)
        return self.served(image)

    def served(self, image: Image) -> Response:
        fields = lines([(b"content-type", image.media.encode("ascii")), *COMMON])
        return Response(200, fields, image.content)

    def malformed(self, status: int, message: str) -> Response:
        return self._app.malformed(status, message)

    def operation(self, request: Request) -> str:
        return "image" if self._image(request) is not None else self._app.operation(request)

    def _image(self, request: Request) -> Image | None:
        if not request.path.startswith(IMAGES):
            return None
        return self._emojis.image(request.path.removeprefix(IMAGES))
