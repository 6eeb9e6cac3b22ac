// The envelope of the protocol (section 3): AES-GCM under a key derived from a secret text, by WebCrypto.
// The secret is the bearer token for answers of the server, the room key for messages.

const UTF8 = new TextEncoder();
const TEXT = new TextDecoder("utf-8", { fatal: true });
const KEPT = 256; // derived keys of a room: one per sender and session

export const toBase64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
export const fromBase64 = (text) => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
export const toHex = (buffer) =>
  Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** SHA-256 of a text, in lowercase hex. */
export async function sha256(text) {
  return toHex(await crypto.subtle.digest("SHA-256", UTF8.encode(text)));
}

/** Standard base64 of any length of bytes; String.fromCharCode takes only so many arguments. */
function longBase64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
}

/** Opens and seals envelopes of one secret. Each salt costs one slow derivation, which is kept. */
export class Envelopes {
  /**
   * @param {string} secret a token, or the base64 text of a room key
   * @param {object} settings `envelope` of PROTOCOL
   * @param {number} kept how many derived keys to keep
   */
  constructor(secret, settings, kept = KEPT) {
    this.settings = settings;
    this.kept = kept;
    this.keys = new Map();
    this.hash = sha256(secret);
    this.base = crypto.subtle.importKey("raw", UTF8.encode(secret), "PBKDF2", false, ["deriveKey"]);
    // One salt for all that is sealed here: so that who opens it derives once.
    this.salt = crypto.getRandomValues(new Uint8Array(settings.salt_bytes));
  }

  /**
   * Seals a text. `salt` and `iv` are for test vectors.
   * @returns {Promise<object>} an envelope of version 3
   */
  async seal(text, { salt = this.salt, iv = this.#freshIv(), now = Date.now() } = {}) {
    const key = await this.#key(toBase64(salt));
    const sealed = await crypto.subtle.encrypt(this.#cipher(iv), key, UTF8.encode(text));
    return {
      version: this.settings.version,
      encrypted: true,
      algorithm: this.settings.algorithm,
      iv: toBase64(iv),
      salt: toBase64(salt),
      tokenHash: await this.hash,
      data: longBase64(new Uint8Array(sealed)),
      timestamp: new Date(now).toISOString(),
    };
  }

  /**
   * The text inside.
   * @throws where this secret does not open it, or it holds no UTF-8
   */
  async open(envelope) {
    const key = await this.#key(envelope.salt);
    const data = fromBase64(envelope.data);
    return TEXT.decode(await crypto.subtle.decrypt(this.#cipher(fromBase64(envelope.iv)), key, data));
  }

  #freshIv() {
    return crypto.getRandomValues(new Uint8Array(this.settings.iv_bytes));
  }

  #cipher(iv) {
    return { name: "AES-GCM", iv, tagLength: this.settings.tag_bytes * 8 };
  }

  #key(salt) {
    const known = this.keys.get(salt);
    if (known !== undefined) return known;
    const derived = this.base.then((base) =>
      crypto.subtle.deriveKey(
        { name: "PBKDF2", hash: "SHA-256", salt: fromBase64(salt), iterations: this.settings.kdf_rounds },
        base,
        { name: "AES-GCM", length: this.settings.key_bytes * 8 },
        false,
        ["encrypt", "decrypt"],
      ));
    if (this.keys.size >= this.kept) this.keys.delete(this.keys.keys().next().value);
    this.keys.set(salt, derived);
    return derived;
  }
}

/** A fresh room key: random bytes as base64 text. */
export function makeRoomKey(length) {
  return toBase64(crypto.getRandomValues(new Uint8Array(length)));
}
