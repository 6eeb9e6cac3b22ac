// Speaks the HTTP operations of the protocol (sections 2 and 3) with a bearer token. Knows nothing of chat.
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
};

/** One user's way to the signaling server. */
export class Signaling {
  /**
   * @param {{protocol: object, url: string, token: string, onUnauthorized?: () => void}} options
   *   `url`: where the paths of the operations begin; onUnauthorized: the token is no longer good
   */
  constructor({ protocol, url, token, onUnauthorized = () => {} }) {
    this.protocol = protocol;
    this.url = url.replace(/\/+$/, "");
    this.token = token;
    this.onUnauthorized = onUnauthorized;
    this.envelopes = null;
  }

  createRoom = (fields) => this.#call("createRoom", { fields }).then((body) => body.room);
  joinRoom = (roomId, userId, userName) =>
    this.#call("joinRoom", { fields: { roomId, userId, userName } }).then((body) => body.room);
  leaveRoom = (roomId, { keepalive = false } = {}) => this.#call("leaveRoom", { fields: { roomId }, keepalive });
  heartbeat = (roomId) => this.#call("heartbeat", { fields: { roomId } }).then((body) => body.room ?? null);
  listRooms = () => this.#call("listRooms").then((body) => body.rooms);
  iceServers = () => this.#call("getIceServers").then((body) => body.iceServers);
  sendOffer = (roomId, offer) => this.#call("sendOffer", { fields: { roomId, offer, type: "offer" } });
  sendAnswer = (roomId, answer) => this.#call("sendAnswer", { fields: { roomId, answer, type: "answer" } });
  candidates = (roomId, since) => this.#call("getCandidates", { params: { roomId }, query: since ? { since } : {} });

  /** The offer in the room's box, or null where there is none. */
  takeOffer = (roomId) => this.#mail("getOffer", roomId);
  /** The answer in the room's box, or null where there is none. */
  takeAnswer = (roomId) => this.#mail("getAnswer", roomId);

  /** Asks for an offer: the empty candidate. */
  knock(roomId) {
    const candidate = { candidate: "", sdpMid: null, sdpMLineIndex: null };
    return this.#call("sendCandidate", { fields: { roomId, candidate } });
  }

  async #mail(operation, roomId) {
    try {
      return await this.#call(operation, { params: { roomId } });
    } catch (error) {
      if (error instanceof SignalingError && error.status === 404) return null;
      throw error;
    }
  }

  async #call(operation, { fields = null, params = {}, query = {}, keepalive = false } = {}) {
    const { method, path } = this.protocol.operations[operation];
    const filled = path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(params[name]));
    const search = new URLSearchParams(query).toString();
    const headers = { Authorization: `Bearer ${this.token}` };
    if (fields !== null) headers["Content-Type"] = "application/json";
    const giveUp = new AbortController();
    const timer = setTimeout(() => giveUp.abort(), PATIENCE_MS);
    let response;
    let body;
    try {
      response = await fetch(this.url + filled + (search && `?${search}`), {
        method,
        headers,
        body: fields === null ? undefined : JSON.stringify(fields),
        credentials: "omit",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
        keepalive,
        signal: giveUp.signal,
      });
      body = await this.#body(response);
    } catch {
      throw new SignalingError("The server does not answer. Is it running, and are you online?", { operation });
    } finally {
      clearTimeout(timer);
    }
    if (response.status === 200 && body !== null) return body;
    throw this.#refusal(operation, response, body);
  }

  async #body(response) {
    const text = await response.text();
    try {
      const body = JSON.parse(text);
      if (response.headers.get(this.protocol.envelope.header) !== "true") return body;
      this.envelopes ??= new Envelopes(this.token, this.protocol.envelope, OPENED);
      return JSON.parse(await this.envelopes.open(body));
    } catch {
      return null;
    }
  }

  #refusal(operation, response, body) {
    const { status } = response;
    const about = { status, operation };
    if (status === 401) {
      this.onUnauthorized();
      return new SignalingError("Your sign-in is no longer valid. Please sign in again.", about);
    }
    if (status === 429) {
      const told = Number(response.headers.get("Retry-After") ?? body?.retryAfter);
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
