// Speaks the signaling operations of the protocol (section 3). Knows nothing of chat.
import { Http, SignalingError } from "./http.js";

export { SignalingError };

/** One user's way to the signaling server. */
export class Signaling {
  /** @param {object} options those of Http */
  constructor(options) {
    this.http = new Http(options);
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

  #call(operation, asked) {
    return this.http.call(operation, asked);
  }
}
