// One HTTP call of the protocol: who asks stands in a pass, refusals become words for people. Knows nothing of chat.
import { Envelopes } from "./envelope.js";
import { inWords } from "./time.js";

const PATIENCE_MS = 10_000; // for one answer
const OPENED = 4; // derived keys kept: answers have a salt each

/** The server refused, or did not answer. `message` is for people. */
export class SignalingError extends Error {
  /**
   * @param {string} message
   * @param {{status?: number | null, retryAfter?: number | null, operation?: string}} about
   */
  constructor(message, { status = null, retryAfter = null, operation = "" } = {}) {
    super(message);
    this.status = status; // null where no answer came
    this.retryAfter = retryAfter; // seconds, of a 429
    this.operation = operation;
  }
}

const BUSY = {
  createRoom: "You have made too many rooms for now.",
  joinRoom: "You have joined too many rooms for now.",
  requestOtp: "Too many codes were asked for with this address.",
};
const WRONG = {
  "requestOtp 400": "That is no e-mail address that the server takes.",
  "requestOtp 404": "This server has no login by e-mail.",
  "verifyOtp 400": "That is no code.",
  "verifyOtp 401": "The code is wrong, used, or too old.",
};

export class Http {
  /**
   * @param {{protocol: object, url: string, pass: object, onUnauthorized?: () => void}} options
   *   `url`: where the paths of the operations begin; `pass`: who asks, see pass.js; onUnauthorized: it is no longer
   *   good, and could not be renewed
   */
  constructor({ protocol, url, pass, onUnauthorized = () => {} }) {
    Object.assign(this, { protocol, pass, onUnauthorized });
    this.url = url.replace(/\/+$/, "");
  }

  /** The body of the operation's 200. Throws SignalingError. */
  async call(operation, asked = {}) {
    let response = await this.#send(operation, asked);
    if (response.status === 401 && (await this.pass.renew(response.told))) {
      response = await this.#send(operation, asked); // what was refused so had no effect
    }
    if (response.status === 200 && response.body !== null) return response.body;
    throw this.#refusal(operation, response);
  }

  async #send(operation, { fields = null, params = {}, query = {}, keepalive = false }) {
    const { method, path } = this.protocol.operations[operation];
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name]));
    const search = new URLSearchParams(query).toString();
    const headers = this.pass.headers(method);
    const told = this.pass.told; // which credentials these are
    if (fields !== null) headers["Content-Type"] = "application/json";
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), PATIENCE_MS);
    try {
      const response = await fetch(this.url + filled + (search && `?${search}`), {
        method,
        headers,
        body: fields === null ? undefined : JSON.stringify(fields),
        credentials: this.pass.credentials,
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
        keepalive,
        signal: giveUp.signal,
      });
      const { status } = response;
      return { status, told, retryAfter: response.headers.get("Retry-After"), body: await this.#body(response) };
    } catch {
      throw new SignalingError("The server does not answer. Is it running, and are you online?", { operation });
    } finally {
      clearTimeout(timer);
    }
  }

  async #body(response) {
    const text = await response.text();
    try {
      const body = JSON.parse(text);
      if (response.headers.get(this.protocol.envelope.header) !== "true") return body;
      const { token } = this.pass;
      if (this.sealedFor !== token) {
        this.sealedFor = token;
        this.envelopes = new Envelopes(token, this.protocol.envelope, OPENED);
      }
      return JSON.parse(await this.envelopes.open(body));
    } catch {
      return null;
    }
  }

  #refusal(operation, { status, body, retryAfter: header }) {
    const about = { status, operation };
    const known = WRONG[`${operation} ${status}`];
    if (known !== undefined) return new SignalingError(known, about);
    if (status === 401) {
      this.onUnauthorized();
      return new SignalingError("Your sign-in is no longer valid. Please sign in again.", about);
    }
    if (status === 429) {
      const told = Number(header ?? body?.retryAfter);
      const retryAfter = Number.isFinite(told) && told > 0 ? Math.ceil(told) : 1;
      const words = retryAfter < 120 ? "" : ` (${inWords(retryAfter)})`;
      const what = BUSY[operation] ?? "The server gets too many requests from you.";
      const wait = retryAfter === 1 ? "1 second" : `${retryAfter} seconds`;
      return new SignalingError(`${what} Please wait ${wait}${words} and try again.`, { ...about, retryAfter });
    }
    const said = body?.message ?? body?.detail ?? body?.error ?? body?.title;
    const words = typeof said === "string" ? `: ${said}` : ".";
    return new SignalingError(`The server refused (${status})${words}`, about);
  }
}
