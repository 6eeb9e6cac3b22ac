"""Session descriptions by the grammar of RFC 8866, whole and broken; candidate lines of RFC 8839."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence

from conformance.fuzz.trials import Expectation

TOKEN = string.ascii_letters + string.digits + "-_.+"
ICE_CHARS = string.ascii_letters + string.digits + "+/"
# What may stand in a value: letters of one to four bytes, marks that combine, marks that turn around.
LETTERS = (
    string.ascii_letters + string.digits + " .,:;/=@-_",
    "\u00e4\u00f6\u00fc\u00df\u0416\u05d0\u0640",
    "\u4e2d\u6587\u0e01\u20ac\u2028\ufeff\ufffd",
    "\U0001f600\U0001f9d1\u200d\U0001f4bb\U00020000",
    "e\u0301\u0327n\u0303\u200e\u200f\u202e\u2066",
    "\t\x7f\u0085\u00a0\u00ad",
)
BMP = ("x", "\u00e4", "\u4e2d")  # of one, two and three bytes: a limit is tried with these
MEDIA = (
    "application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "audio 9 UDP/TLS/RTP/SAVPF 111",
    "video 0 RTP/AVP 96 97",
)
ADDRESSES = ("198.18.0.7", "2001:db8::7", "6ec1f5f8-2f2e-4d3b-9c1a-0a1b2c3d4e5f.local")
LINES = "vosiuepcbtrzkam"


class Grammar:
    """Makes texts from one source of chance."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance

    def session(self, most: int) -> str:
        """A session description of at most so many characters; now and then of exactly as many."""
        end = self.chance.choices(("\r\n", "\n", "\r"), (8, 3, 1))[0]
        lines = ["v=0", f"o={self._word()} {self._number()} {self.chance.randrange(9)} IN IP4 0.0.0.0"]
        lines.append(f"s={self.chance.choice(('-', ' ', self._text()))}")
        lines += [f"{kind}={self._text()}" for kind in "iuep" if self.chance.random() < 0.15]
        lines.append(f"t={self.chance.choice(('0 0', f'{self._number()} 0'))}")
        lines += [self._attribute() for _ in range(self.chance.randrange(4))]
        for number in range(self.chance.choices((0, 1, 3, 40), (1, 6, 3, 1))[0]):
            lines += self._media(number)
        text = end.join(lines) + self.chance.choice((end, "", end * 2))
        return self._sized(text[:most], most, end)

    def odd(self) -> str:
        """What holds `v=0` and is no session description: it is kept as it is all the same."""
        parts = [self._text(), "v=0", self._text()]
        kind = self.chance.randrange(5)
        if kind == 0:
            parts = ["v=0"]
        elif kind == 1:
            parts.insert(0, "\x00\x01\x1b")
        elif kind == 2:
            parts = [f"{self.chance.choice(LINES)}={self._text()}\r\n" for _ in range(6)] + ["v=0\r\n"]
        elif kind == 3:
            parts += ["${jndi:ldap://198.18.0.1/x}", "<script>alert(1)</script>", "'; --", "\\u0000\\", '"}']
        return "".join(parts)

    def broken(self, field: str, most: int) -> tuple[object, Expectation]:
        """What is no session description by the protocol, and what it must be refused with."""
        kind = self.chance.randrange(4)
        if kind == 0:
            letter = self.chance.choice(BMP)
            text = "v=0\r\na=x:" + letter * most
            return text[: most + 1], Expectation((400,), "VAL-3", f"{field} has one character too many")
        if kind == 1:
            text = self.session(2000)
            for letter in ("v=1", "V=0", "v =0"):
                if self.chance.random() < 0.5:
                    return text.replace("v=0", letter), _pattern(field)
            return text.replace("v=0", ""), _pattern(field)
        if kind == 2:
            value = self.chance.choice(("", " ", "v=", "\uff56=0", "v\u200b=0"))
            return value, _pattern(field)
        wrong: object = self.chance.choice((0, True, None, ["v=0"], {"v": 0}, 1e300, [[]]))
        return wrong, Expectation((400,), "VAL-2", f"{field} is no text")

    def candidate(self) -> str:
        """A candidate line that a reader of RFC 8839 and RFC 6544 takes."""
        transport = self.chance.choice(("udp", "UDP", "tcp"))
        kind = self.chance.choice(("host", "srflx", "prflx", "relay"))
        address = self.chance.choice(ADDRESSES)
        words = [
            f"candidate:{self._ice(1, 32)} {self.chance.randrange(1, 257)} {transport}",
            f"{self.chance.randrange(1, 2**31)} {address} {self.chance.randrange(1, 65536)} typ {kind}",
        ]
        if kind != "host":
            words.append("raddr 0.0.0.0 rport 9")
        if transport == "tcp":
            words.append(f"tcptype {self.chance.choice(('active', 'passive', 'so'))}")
        more = {
            "generation": str(self.chance.randrange(10)),
            "ufrag": self._ice(4, 16),
            "network-cost": str(self.chance.randrange(1000)),
        }
        words += [f"{name} {value}" for name, value in more.items() if self.chance.random() < 0.3]
        return " ".join(words)

    def odd_candidate(self) -> str:
        """One by the protocol's pattern that not every reader takes."""
        odd = (
            f"a={self.candidate()}",
            f"{self.candidate()} tcptype {self._ice(1, 8)}",
            f"{self.candidate()} generation {self._ice(1, 8)}",
            f"{self.candidate()} network-cost x{self._ice(1, 8)}",
            f"candidate:{self._ice(1, 32)} 1 udp 0 {ADDRESSES[0]} 0 typ host",
        )
        return self.chance.choice(odd)

    # -- inside

    def _sized(self, text: str, most: int, end: str) -> str:
        """Padded to exactly the limit, one less, or left as it is."""
        wanted = self.chance.choices((0, most, most - 1, most // 2), (12, 1, 1, 1))[0]
        if wanted <= len(text):
            return text
        if any(ord(letter) > 0xFFFF for letter in text):
            text = "".join(letter for letter in text if ord(letter) <= 0xFFFF)
        head = f"{text}a=x-pad:"
        return (head + self.chance.choice(BMP) * (wanted - len(head) - len(end)) + end)[:wanted]

    def _media(self, number: int) -> Sequence[str]:
        lines = [f"m={self.chance.choice(MEDIA)}", "c=IN IP4 0.0.0.0", f"a=mid:{number}"]
        lines += [self._attribute() for _ in range(self.chance.randrange(4))]
        return lines

    def _attribute(self) -> str:
        name = self.chance.choice(("ice-ufrag", "ice-pwd", "setup", "x-note", "msid", "fmtp", "ssrc"))
        return self.chance.choice((f"a={name}:{self._text()}", f"a={name}", f"a={self.candidate()}"))

    def _text(self) -> str:
        letters = self.chance.choice(LETTERS)
        return "".join(self.chance.choice(letters) for _ in range(self.chance.choice((0, 1, 3, 12, 40))))

    def _word(self) -> str:
        return "".join(self.chance.choice(TOKEN) for _ in range(self.chance.randrange(1, 12)))

    def _ice(self, least: int, most: int) -> str:
        return "".join(self.chance.choice(ICE_CHARS) for _ in range(self.chance.randint(least, most)))

    def _number(self) -> int:
        return self.chance.choice((0, 1, 2**31, 2**53, 2**64, self.chance.randrange(2**62)))


def _pattern(field: str) -> Expectation:
    return Expectation((400,), "VAL-4", f"{field} is no session description")
