// The room's key, and what is sealed and opened with it. Older keys are kept: what was sealed with them still opens.
import { Envelopes, sha256 } from "./envelope.js";

export class RoomKeys {
  /** @param {object} protocol PROTOCOL of protocol.js */
  constructor(protocol) {
    this.settings = protocol.envelope;
    this.text = null;
    this.hash = null;
    this.all = new Map(); // envelopes by the hash of their key, which every sealed message names
    this.ready = new Promise((resolve) => (this.gotOne = resolve));
  }

  /** Does a room_key_response tell the true hash of its key? */
  async isTrue({ roomKey, keyHash }) {
    return keyHash === (await sha256(roomKey));
  }

  /** From now on this key seals. */
  async use(text) {
    const hash = await sha256(text);
    if (!this.all.has(hash)) this.all.set(hash, new Envelopes(text, this.settings));
    this.text = text;
    this.hash = hash;
    this.gotOne();
  }

  /** Seals the text of a message; `now` in epoch milliseconds. */
  async seal(text, now) {
    return { ...(await this.all.get(this.hash).seal(text, { now })), passwordProtected: false };
  }

  /** The text of a sealed message, or null where no key of this room opens it. */
  async open(sealed) {
    try {
      return (await this.all.get(sealed.tokenHash)?.open(sealed)) ?? null;
    } catch {
      return null;
    }
  }
}
