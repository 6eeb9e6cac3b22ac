"""A JWKS issuer on a loopback port, to point a target at: keys are rotated, withheld, and the whole
goes away and comes back. It serves keys only; who has a token is the minter's business.
"""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from cryptography.hazmat.primitives.asymmetric import rsa

from protocol.tokens import KeySigner, jwk, new_key

JWKS_PATH = "/.well-known/jwks.json"


class IssuerError(Exception):
    """The issuer cannot serve; the message says why."""


class Issuer:
    """Publishes the public keys of its signers while it serves. A rotation leaves older keys published.

    Without a `kid` of your own it follows from the key: a target that keeps the keys of an earlier run must
    not take this run's for one of those.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        kid: str | None = None,
        *,
        key: rsa.RSAPrivateKey | None = None,
    ) -> None:
        self._host = host
        self._port = port
        first = key or new_key()
        self._kid = kid or f"parley-{hashlib.sha256(jwk(first, '')['n'].encode()).hexdigest()[:12]}"
        self._published = [KeySigner(first, self._kid)]
        self._hidden: rsa.RSAPrivateKey | None = None
        self._made = 1
        self._lock = threading.Lock()
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None
        self._fetches = 0

    @property
    def signer(self) -> KeySigner:
        """The current signer: the one of the newest published key."""
        with self._lock:
            return self._published[-1]

    @property
    def port(self) -> int:
        """The port; with 0 asked for it is known, and kept, from the first start on."""
        return self._port

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    @property
    def jwks_url(self) -> str:
        return self.url + JWKS_PATH

    @property
    def fetches(self) -> int:
        """How often the keys were asked for: at 0 the target has never looked."""
        with self._lock:
            return self._fetches

    def jwks(self) -> dict[str, Any]:
        with self._lock:
            return {"keys": [jwk(signer.key, str(signer.kid)) for signer in self._published]}

    def rotate(self) -> KeySigner:
        """Publishes a new key beside the older ones, and signs with it from now on."""
        signer = KeySigner(new_key(), self._new_kid())
        with self._lock:
            self._published.append(signer)
        return signer

    def unpublished_signer(self) -> KeySigner:
        """A signer whose key is never published; each call brings a kid that nobody has seen before."""
        if self._hidden is None:
            self._hidden = new_key()
        return KeySigner(self._hidden, self._new_kid())

    def _new_kid(self) -> str:
        with self._lock:
            self._made += 1
            return f"{self._kid}-{self._made}"

    # -- serving

    def start(self) -> Self:
        """Starts to serve. Raises IssuerError where the port is taken."""
        if self._server is not None:
            return self
        try:
            server = _Server((self._host, self._port), _handler(self))
        except OSError as error:
            raise IssuerError(
                f"the issuer cannot serve on {self._host} port {self._port}: {error.strerror}"
            ) from None
        self._port = server.server_address[1]
        self._server = server
        self._thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="issuer", daemon=True)
        self._thread.start()
        return self

    def stop_serving(self) -> None:
        """An outage: from now on connections are refused."""
        server, thread = self._server, self._thread
        self._server = self._thread = None
        if server is not None and thread is not None:
            server.shutdown()
            thread.join()
            server.server_close()

    def resume(self) -> None:
        """Ends the outage: serves again, on the same port."""
        self.start()

    def counted(self) -> None:
        with self._lock:
            self._fetches += 1

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self.stop_serving()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a client that holds its connection open must not hold up an outage


def _handler(issuer: Issuer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One connection, one answer (HTTP/1.0): so an outage leaves no connection behind."""

        timeout = 5

        def do_GET(self) -> None:
            if self.path.partition("?")[0] != JWKS_PATH:
                self.send_error(404)
                return
            issuer.counted()
            body = json.dumps(issuer.jwks()).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-cache")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: the run has its own log."""

    return Handler
