// The frames of the data channel (protocol section 5): reads what comes, makes what is sent. Pure.
import { bytes, complaint } from "./schema.js";

/** Frames of no use to anybody are not even parsed. */
export const FRAME_BYTES = 262_144;
const DEFAULT_TYPE = "message";
const CHAT = new Set(["message", "system", "join", "leave"]);
// What is meant for everybody. The others are between the two ends of a channel.
const FOR_ALL = new Set([...CHAT, "typing", "typing_stop", "presence"]);

/** The type of a frame; one without is a message. */
export const typeOf = (frame) => frame.type ?? DEFAULT_TYPE;
export const isChat = (frame) => CHAT.has(typeOf(frame));
export const isMessage = (frame) => typeOf(frame) === DEFAULT_TYPE;
/** Does the broadcaster hand it on to the others? */
export const isForAll = (frame) => FOR_ALL.has(typeOf(frame));

/**
 * Whose frame it says it is, or null where it names nobody.
 * @param {object} frame
 */
export function senderOf(frame) {
  const name = ["senderId", "userId", "fromUserId", "requesterId", "responderId"].find((key) => key in frame);
  return name === undefined ? (frame.peer?.userId ?? null) : frame[name];
}

/**
 * Reads a text frame: {frame}, or {why} where it is to be ignored.
 * @param {unknown} text what the channel gave
 * @param {object} protocol PROTOCOL of protocol.js
 */
export function readFrame(text, protocol) {
  if (typeof text !== "string") return { why: "is no text" };
  if (text.length > FRAME_BYTES) return { why: "is too long" };
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return { why: "is no JSON" };
  }
  if (typeof frame !== "object" || frame === null || Array.isArray(frame)) return { why: "is no object" };
  const why = frameComplaint(frame, protocol);
  return why === null ? { frame } : { why };
}

/** What is wrong with a parsed frame, or null. */
export function frameComplaint(frame, protocol) {
  const type = typeOf(frame);
  if (typeof type !== "string" || !Object.hasOwn(protocol.frames, type)) return "is of an unknown type";
  return complaint(protocol.frames[type], frame);
}

/**
 * Why this text cannot be sent, in words for who wrote it; null where it can.
 * @param {string} text
 */
export function contentComplaint(text, protocol) {
  if (text.trim() === "") return "Write something first.";
  if (!text.isWellFormed()) return "This message has half of a character in it. Please write it anew.";
  const most = protocol.limits.content_bytes;
  const size = bytes(text);
  if (size <= most) return null;
  return `This message is too long: it has ${size} bytes, and at most ${most} can be sent. Please shorten it.`;
}

/** Makes the frames of one sender. `room` tells the room's id as it is now. */
export class Frames {
  /**
   * @param {{id: string, name: string}} me
   * @param {() => string} room
   * @param {() => number} now epoch milliseconds
   */
  constructor(me, room, now = () => Date.now()) {
    this.me = me;
    this.room = room;
    this.now = now;
  }

  /** A chat frame of plain content, or of a sealed envelope. */
  chat(type, content, sealed = null) {
    return {
      type,
      id: `msg_${crypto.randomUUID()}`,
      roomId: this.room(),
      senderId: this.me.id,
      senderName: this.me.name,
      timestamp: this.#time(),
      content: sealed === null ? content : "",
      encrypted: sealed !== null,
      ...(sealed === null ? {} : { encryptedData: sealed }),
    };
  }

  typing = () => this.#user("typing");
  typingStop = () => this.#user("typing_stop");

  /** @param {"online" | "away" | "offline"} status */
  presence(status, of = this.me) {
    return { ...this.#user("presence", of), status };
  }

  candidate(candidate) {
    const { candidate: line, sdpMid, sdpMLineIndex } = candidate;
    return {
      type: "ice-candidate",
      candidate: { candidate: line, sdpMid: sdpMid ?? null, sdpMLineIndex: sdpMLineIndex ?? null },
      roomId: this.room(),
      fromUserId: this.me.id,
    };
  }

  keyRequest() {
    return { type: "room_key_request", roomId: this.room(), requesterId: this.me.id };
  }

  keyResponse(roomKey, keyHash) {
    return { type: "room_key_response", roomId: this.room(), roomKey, keyHash, senderId: this.me.id };
  }

  syncRequest(senderId, last) {
    return {
      type: "sync_request",
      chainId: `${this.room()}:${senderId}`,
      lastBlockNumber: last === null ? null : last.blockNumber,
      lastTimestamp: last === null ? null : last.createdAt,
      requesterId: this.me.id,
    };
  }

  peerInfo() {
    return { type: "peer_info", peer: { userId: this.me.id, userName: this.me.name, roomId: this.room() } };
  }

  #user(type, of = this.me) {
    return { type, userId: of.id, userName: of.name, roomId: this.room(), timestamp: this.#time() };
  }

  #time = () => new Date(this.now()).toISOString();
}
