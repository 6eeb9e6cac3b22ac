"""A library that came in by one import."""

from __future__ import annotations

import random

from reference_server.mutants import mutant
from reference_server.mutants.cdn.bundled import Ending, WrongBundles

NOISE = random.Random(1).randbytes(120_000).hex()  # noqa: S311 - what no compression makes smaller than a half


class Heavy(Ending):
    more = f'globalThis.chatWidgetTable = "{NOISE}";'


@mutant(
    "CDN-4",
    "a whole library came into the minified bundle",
    shows="the gzipped bytes of /v1/chat-widget.iife.min.js: wanted",
)
class TheBundleIsTooLarge(WrongBundles):
    bundler = Heavy
