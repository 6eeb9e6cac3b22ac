// One RTCPeerConnection with the data channel of the protocol: makes and takes descriptions that carry all their
// candidates, tells when the channel opens and when it is lost. Knows nothing of rooms.
import { isLost } from "./reconnect.js";

const GATHER_MS = 6_000; // a TURN server that is gone over UDP is not told by an event for over 12 s
const SETTLE_MS = 400; // once there is a candidate to use, others get this long
const RELATED = / raddr \S+ rport \d+/;
const PONG_MS = 1_000; // how often the statistics are asked whether the other end still answers

/** No connection can be made, in words for people. */
export class ConnectionError extends Error {}

/** A description without addresses that are not a relay's: what a browser may still tell, we do not hand on. */
export function relayOnlySdp(sdp) {
  return sdp
    .split("\r\n")
    .filter((line) => !line.startsWith("a=candidate:") || / typ relay(?: |$)/.test(line))
    .map((line) => (line.startsWith("a=candidate:") ? line.replace(RELATED, " raddr 0.0.0.0 rport 0") : line))
    .join("\r\n");
}

/** A connection to one peer. */
export class Connection {
  /**
   * @param {{iceServers: object[], relayOnly: boolean, channel: {label: string, ordered: boolean},
   *   onOpen: () => void, onText: (data: unknown) => void, onLost: (why: string) => void,
   *   onCandidate?: (candidate: RTCIceCandidate) => void}} options
   */
  constructor({ iceServers, relayOnly, channel, onOpen, onText, onLost, onCandidate = () => {} }) {
    this.relayOnly = relayOnly;
    this.wanted = channel;
    this.events = { onOpen, onText, onLost, onCandidate };
    this.closed = false;
    this.channel = null;
    this.described = false; // our description is out: later candidates are told apart
    this.heard = { at: performance.now(), stamp: null, received: -1, now: null, blind: false };
    this.pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: relayOnly ? "relay" : "all" });
    this.pc.addEventListener("connectionstatechange", () => {
      if (isLost(this.pc.connectionState)) this.#lost(this.pc.connectionState);
    });
    this.pc.addEventListener("datachannel", ({ channel: given }) => {
      if (given.label === this.wanted.label && given.ordered === this.wanted.ordered && !this.channel) this.#use(given);
    });
    this.pc.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate?.candidate && this.described) this.events.onCandidate(candidate);
    });
  }

  get isOpen() {
    return this.channel?.readyState === "open" && !this.closed;
  }

  /** Makes an offer with all candidates in it. @throws {ConnectionError} */
  async offer() {
    this.#use(this.pc.createDataChannel(this.wanted.label, { ordered: this.wanted.ordered }));
    await this.pc.setLocalDescription();
    return this.#description();
  }

  /** Takes the answer to the offer. */
  accept(answer) {
    return this.pc.setRemoteDescription({ type: "answer", sdp: answer });
  }

  /** Makes the answer to an offer, with all candidates in it. @throws {ConnectionError} */
  async answer(offer) {
    await this.pc.setRemoteDescription({ type: "offer", sdp: offer });
    await this.pc.setLocalDescription();
    return this.#description();
  }

  /** A candidate that came through the channel. */
  async add(candidate) {
    try {
      await this.pc.addIceCandidate(candidate);
    } catch {
      // Not one for this connection: it goes on without.
    }
  }

  /** Sends a text frame; false where the channel is not open or is full. */
  send(text) {
    if (!this.isOpen) return false;
    try {
      this.channel.send(text);
      return true;
    } catch {
      return false;
    }
  }

  /** Milliseconds since a frame or pong, by the page's clock and by the browser's own (null where it tells none). */
  get quiet() {
    const { at, stamp, now, blind } = this.heard;
    return { page: performance.now() - at, browser: blind ? null : stamp === null ? 0 : now - stamp };
  }

  /** Ends it: the peer connection first, so that the TURN server frees its relay. */
  close() {
    if (this.closed) return;
    this.closed = true;
    clearInterval(this.pongs);
    this.pc.close();
  }

  // -- inside

  #use(channel) {
    this.channel = channel;
    channel.addEventListener("open", () => {
      if (this.closed) return;
      this.#hear();
      this.#pong();
      this.pongs = setInterval(() => this.#pong(), PONG_MS);
      this.events.onOpen();
    });
    channel.addEventListener("message", ({ data }) => {
      this.#hear();
      if (!this.closed) this.events.onText(data);
    });
    channel.addEventListener("close", () => this.#lost("closed"));
  }

  #hear() {
    this.heard.at = performance.now();
    this.heard.stamp = this.heard.now;
  }

  /** A pong is what ICE itself gets: the answers to the checks by which it keeps its path (RFC 7675). */
  async #pong() {
    let received = 0;
    let now = null;
    try {
      for (const report of (await this.pc.getStats()).values()) {
        if (report.type === "candidate-pair" && report.nominated) {
          received += (report.bytesReceived ?? 0) + (report.responsesReceived ?? 0);
        }
        now = report.timestamp;
      }
    } catch {
      now = null;
    }
    this.heard.blind = now === null; // then the page's clock alone counts
    if (now === null) return;
    this.heard.now = now;
    this.heard.stamp ??= now;
    if (received !== this.heard.received) {
      this.heard.received = received;
      this.#hear();
    }
  }

  #lost(why) {
    if (this.closed) return;
    this.close();
    this.events.onLost(why);
  }

  async #description() {
    await gathered(this.pc, this.relayOnly);
    if (this.closed) throw new ConnectionError("The connection was closed.");
    this.described = true;
    const { sdp } = this.pc.localDescription;
    const shown = this.relayOnly ? relayOnlySdp(sdp) : sdp;
    if (!shown.includes("\na=candidate:")) {
      throw new ConnectionError(
        this.relayOnly
          ? "The relay (TURN) server does not answer, so no connection can be made."
          : "No network address was found to connect by.",
      );
    }
    return shown;
  }
}

/** Waits for the candidates of a description that was set, within bounds. */
export function gathered(pc, relayOnly) {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(longest);
      clearTimeout(settled);
      pc.removeEventListener("icegatheringstatechange", look);
      pc.removeEventListener("icecandidate", found);
      resolve();
    };
    let settled;
    const look = () => pc.iceGatheringState === "complete" && end();
    const found = ({ candidate }) => {
      if (candidate === null) return end();
      const usable = candidate.candidate && (!relayOnly || candidate.type === "relay");
      if (usable) settled ??= setTimeout(end, SETTLE_MS);
      return undefined;
    };
    const longest = setTimeout(end, GATHER_MS);
    pc.addEventListener("icegatheringstatechange", look);
    pc.addEventListener("icecandidate", found);
    look();
  });
}
