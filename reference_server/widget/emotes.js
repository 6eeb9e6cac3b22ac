// The emotes that everybody may use: the global set of the public catalogue, as the signaling server passes it on. That
// is part of no protocol. A server that has none answers 404 and is not asked again.
import { complaint } from "./schema.js";

const PATH = "/widget/emotes";
const ID = /^[0-9A-Za-z]{1,40}$/; // what an image is asked for by
const MOST = 1_000;
const ANSWER_CHARS = 500_000;
const AGAIN_MS = 60_000; // while it is down
const PATIENCE_MS = 10_000;

export class Emotes {
  /**
   * @param {{protocol: object, url: string, signal: AbortSignal, changed: () => void}} options `url`: where the
   *   signaling server is
   */
  constructor({ protocol, url, signal, changed }) {
    Object.assign(this, { protocol, url: url + PATH, signal, changed });
    this.known = new Map(); // by name: {id, name, url}
    this.state = "none"; // or "there", or "down"
    this.over = false;
    this.looked = -Infinity;
  }

  /** Asks for the set, where it is not known yet. */
  async look() {
    if (this.over || performance.now() - this.looked < AGAIN_MS) return;
    this.looked = performance.now();
    const state = await this.#asked().catch(() => "none"); // of another origin a script may not even be told why
    if (this.signal.aborted) return;
    this.over = state !== "down";
    if (state === this.state) return;
    this.state = state;
    this.changed();
  }

  async #asked() {
    const response = await fetch(this.url, {
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(PATIENCE_MS)]),
    });
    if (response.status >= 500) return "down";
    if (response.status !== 200) return "none";
    const text = await response.text();
    if (text.length > ANSWER_CHARS) return "none";
    const { emotes } = JSON.parse(text);
    const named = this.protocol.words.EmojiName; // others cannot be written as `:name:`
    const good = (one) => complaint(named, one?.name) === null && typeof one.id === "string" && ID.test(one.id);
    const known = emotes.filter(good).slice(0, MOST);
    const url = (id) => new URL(`${this.url}/${id}.webp`, location.href);
    this.known = new Map(known.map(({ id, name }) => [name, { id, name, url: url(id) }]));
    return this.known.size > 0 ? "there" : "none";
  }
}
