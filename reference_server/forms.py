"""Reads multipart/form-data (RFC 7578) by python-multipart, within bounds. Nothing of a form is echoed."""

from __future__ import annotations

from dataclasses import dataclass, field

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from reference_server.refusal import Invalid, WrongType

PARTS = 20
BOUNDARY_CHARS = 70  # RFC 2046, 5.1.1


@dataclass(slots=True)
class Part:
    """One part under way: its name, whether it is a file, and its bytes."""

    name: str = ""
    is_file: bool = False
    pieces: list[bytes] = field(default_factory=list)


def read_form(content_type: bytes | None, body: bytes) -> dict[str, str | bytes]:
    """The fields of a form as text, its files as bytes. Raises WrongType for what is no form, or Invalid."""
    media, options = parse_options_header(content_type)
    if media != b"multipart/form-data":
        raise WrongType("Content-Type: expected multipart/form-data.")
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= BOUNDARY_CHARS:
        raise Invalid("The form has no boundary.")
    reader = _Reader()
    parser = MultipartParser(boundary, reader.callbacks())  # type: ignore[arg-type]
    try:
        parser.write(body)
        parser.finalize()
    except FormParserError:
        raise Invalid("The form cannot be read.") from None
    if not reader.ended:
        raise Invalid("The form is cut off.")
    return reader.found


class _Reader:
    """Takes what the parser tells, part by part."""

    def __init__(self) -> None:
        self.found: dict[str, str | bytes] = {}
        self.ended = False
        self._part = Part()
        self._parts = 0
        self._header = b""
        self._value = b""

    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self._part.pieces.append(data[start:end]),
            "on_part_end": self._end,
            "on_header_field": self._name,
            "on_header_value": self._content,
            "on_header_end": self._described,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > PARTS:
            raise Invalid("The form has too many parts.")
        self._part = Part()

    def _name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _content(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _described(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._part.name = options.get(b"name", b"").decode("utf-8", "replace")
            self._part.is_file = b"filename" in options
        self._header = self._value = b""

    def _end(self) -> None:
        name, content = self._part.name, b"".join(self._part.pieces)
        if name in self.found:
            raise Invalid("A part of the form is given twice.")
        if self._part.is_file:
            self.found[name] = content
            return
        try:
            self.found[name] = content.decode("utf-8")
        except UnicodeDecodeError:
            raise Invalid("The form is not valid UTF-8 text.") from None

    def _finish(self) -> None:
        self.ended = True
