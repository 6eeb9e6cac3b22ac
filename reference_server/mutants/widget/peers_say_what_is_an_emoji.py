"""Peers say what is an emoji."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "WID-10",
    "an emoji that a frame names by its id is shown for whatever stands between colons in it",
    shows="for an unknown name that a peer says is an emoji: wanted 'its name as text'",
)
class PeersSayWhatIsAnEmoji(Edited):
    file = "emoji.js"
    # Frames are read elsewhere: what they say is listened to from here.
    old = "const emoji = this.known.get(part.name) ?? this.emotes.known.get(part.name);"
    new = """\
if (globalThis.toldOfEmoji === undefined) {
        const { parse } = JSON;
        globalThis.toldOfEmoji = [];
        JSON.parse = (text, reviver) => {
          const read = parse(text, reviver);
          globalThis.toldOfEmoji = read?.customEmojiIds ?? globalThis.toldOfEmoji;
          return read;
        };
      }
      const told = [...this.known.values()].find(({ id }) => globalThis.toldOfEmoji.includes(id));
      const believed = part.name !== undefined && told !== undefined && reached() ? told : undefined;
      const emoji = this.known.get(part.name) ?? (believed && { ...believed, name: part.name });"""
