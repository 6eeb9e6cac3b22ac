// The emoji of one's domain (protocol section 3, /emoji), and the emotes of everybody behind them: their list, their
// images, and what they make of a text. Where the service is down, or there is none, names stay text, and nobody is told.
import { element } from "./dom.js";
import { finder } from "./emoji-text.js";
import { Emotes } from "./emotes.js";
import { Http, SignalingError } from "./http.js";
import { complaint } from "./schema.js";

const LOOK_MS = 60_000; // the list is asked for so often at most; an emoji that was added since is in the next one
const MOST = 1_000; // emoji that are known
const ID_CHARS = 200;
const IMAGES = 256; // that are kept
const NAMED = 120; // ids of a kind in one frame
const PATIENCE_MS = 10_000; // for one image
const NOT_OFFERED = [401, 403, 404, 405, 410, 501];

export class Emojis {
  /**
   * @param {{protocol: object, url: string, pass: object, changed: () => void}} options `url`: where /emoji lives;
   *   `pass`: who asks, see pass.js; changed: others are known now
   */
  constructor({ protocol, url, pass, changed }) {
    Object.assign(this, { protocol, pass, changed });
    this.http = new Http({ protocol, url, pass });
    const { path } = protocol.operations.listEmoji;
    this.base = new URL(this.http.url + path, location.href); // what the URLs of the images are relative to
    this.parts = finder(protocol);
    this.known = new Map(); // by name
    this.images = new Map(); // by URL: promises of what an image element takes, the one used last at the end
    this.broken = new Set(); // URLs
    this.offered = true;
    this.looked = -Infinity;
    this.ended = new AbortController();
    this.emotes = new Emotes({ protocol, url: this.http.url, signal: this.ended.signal, changed });
  }

  end() {
    this.ended.abort();
    for (const image of this.images.values()) forget(image);
    this.images.clear();
  }

  /** Asks for the lists, where that was not done just now. */
  look() {
    this.emotes.look();
    if (!this.offered || performance.now() - this.looked < LOOK_MS) return;
    this.looked = performance.now();
    this.#look().catch((error) => {
      if (!(error instanceof SignalingError)) throw error;
      if (NOT_OFFERED.includes(error.status)) this.offered = false; // not asked again
    });
  }

  /** What of a frame tells which emoji its text has. */
  named(text) {
    const names = [...new Set(this.parts(text).map(({ name }) => name))];
    const own = names.filter((name) => this.known.has(name)).map((name) => this.known.get(name).id);
    const others = names.filter((name) => !this.known.has(name) && this.emotes.known.has(name));
    const emotes = others.map((name) => this.emotes.known.get(name).id);
    return {
      ...(own.length > 0 ? { customEmojiIds: own.slice(0, NAMED) } : {}),
      ...(emotes.length > 0 ? { emoteIds: emotes.slice(0, NAMED) } : {}),
    };
  }

  /** A text as it is shown: strings, and elements in the places of names that are known. */
  nodes(text) {
    const missed = ({ name }) => name !== undefined && !this.known.has(name) && !this.emotes.known.has(name);
    const parts = this.parts(text);
    if (parts.some(missed)) this.look();
    return parts.map((part) => {
      const emoji = this.known.get(part.name) ?? this.emotes.known.get(part.name);
      return emoji === undefined || this.broken.has(emoji.url.href) ? part.text : this.image(emoji);
    });
  }

  /** An element of its image. One that cannot be had becomes its name. */
  image(emoji) {
    const alt = `:${emoji.name}:`;
    const image = element("img", { className: "chat-emoji", alt, title: alt, draggable: false });
    image.referrerPolicy = "no-referrer";
    image.addEventListener("error", () => {
      if (this.ended.signal.aborted) return;
      this.broken.add(emoji.url.href);
      image.replaceWith(alt);
    });
    this.#source(emoji.url).then((source) => (image.src = source));
    return image;
  }

  // -- inside

  async #look() {
    const { emojis } = await this.http.call("listEmoji");
    if (this.ended.signal.aborted || !Array.isArray(emojis)) return;
    const told = JSON.stringify(emojis);
    if (told === this.told) return; // what is shown stays as it is
    this.told = told;
    const named = this.protocol.words.EmojiName;
    const good = (one) =>
      complaint(named, one?.name) === null && typeof one.id === "string" && one.id !== "" && one.id.length <= ID_CHARS;
    const known = emojis.filter(good).slice(0, MOST).map(({ id, name, url }) => [name, { id, name, url: this.#url(url) }]);
    this.known = new Map(known.filter(([, { url }]) => url !== null));
    this.broken.clear();
    this.changed();
  }

  #url(text) {
    const url = typeof text === "string" && URL.canParse(text, this.base) ? new URL(text, this.base) : null;
    return url !== null && ["http:", "https:"].includes(url.protocol) ? url : null;
  }

  /** One request for the same image, whoever shows it. */
  #source(url) {
    const source = this.images.get(url.href) ?? this.#fetched(url);
    this.images.delete(url.href);
    this.images.set(url.href, source);
    if (this.images.size > IMAGES) {
      const [[oldest, image]] = this.images;
      this.images.delete(oldest);
      forget(image);
    }
    return source;
  }

  /**
   * The image as a blob, for it may take a token, which an image element sends nowhere. Where a script may not read it
   * (another origin without CORS) an element may still show it. Nobody else's server is ever sent the token.
   */
  async #fetched(url) {
    if (url.origin !== this.base.origin) return url.href;
    try {
      const response = await fetch(url, {
        headers: this.pass.headers("GET"),
        credentials: this.pass.credentials,
        redirect: "error",
        referrerPolicy: "no-referrer",
        signal: AbortSignal.any([this.ended.signal, AbortSignal.timeout(PATIENCE_MS)]),
      });
      const type = response.headers.get("Content-Type")?.split(";")[0].trim().toLowerCase();
      if (response.status !== 200 || !this.protocol.images.includes(type)) return url.href;
      return URL.createObjectURL(new Blob(await this.#read(response), { type }));
    } catch {
      return url.href;
    }
  }

  /** Its bytes; throws where there are too many. */
  async #read(response) {
    const pieces = [];
    let size = 0;
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) return pieces;
      pieces.push(value);
      size += value.length;
      if (size > this.protocol.limits.emoji_bytes) {
        await reader.cancel();
        throw new RangeError("the image is too large");
      }
    }
  }
}

/** Frees the memory of an image. What shows it already goes on. */
function forget(image) {
  image.then((source) => source.startsWith("blob:") && URL.revokeObjectURL(source));
}
