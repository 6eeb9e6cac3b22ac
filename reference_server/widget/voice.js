// A voice call with the other end of a channel (profile voice): its own RTCPeerConnection, signaled over the channel.
// One call at a time, between the broadcaster and one viewer. The microphone is on only while its user wants it.
import { ConnectionError, gathered, relayOnlySdp } from "./connection.js";
import { isLost } from "./reconnect.js";

const RING_MS = 45_000; // then nobody is there to answer
const REFUSED = "Your microphone cannot be used, so there is no call. The chat goes on.";
const ENDED = {
  hung_up: "The call is over.",
  busy: "The other side is in a call already.",
  failed: "The other side could not take the call.",
};

/** What is shown of the calls in a room; `open`: one could be made. */
export function callModel(voice, room, open) {
  if (voice === null) return { phase: "idle", muted: false, heard: null, peers: 0, caller: "" };
  const caller = voice.one === null ? "" : room.people.name(voice.one.link.peerId);
  const { phase, muted, heard } = voice;
  return { phase, muted, heard, caller, peers: open ? room.links.size : 0 };
}

export class Voice {
  /**
   * @param {{me: {id: string}, roomId: () => string, isHost: boolean, iceServers: () => Promise<object[]>,
   *   relayOnly: boolean, onChanged: () => void, onTrouble: (words: string) => void}} options
   */
  constructor({ me, roomId, isHost, iceServers, relayOnly, onChanged, onTrouble }) {
    Object.assign(this, { me, roomId, isHost, iceServers, relayOnly, onChanged, onTrouble });
    this.one = null; // the call there is
    this.ended = false;
  }

  /** "idle", "calling" (they have not answered), "rung" (we have not), or "talking". */
  get phase() {
    return this.one?.phase ?? "idle";
  }

  get muted() {
    return this.one?.muted ?? false;
  }

  /** What the other side says, as a stream; null while nothing is heard. */
  get heard() {
    return this.one?.heard ?? null;
  }

  // -- what a person does

  /** Calls the other end of this channel. */
  async call(link) {
    if (this.one !== null || this.ended) return;
    const one = this.#begin(link, `call_${crypto.randomUUID()}`, "calling");
    await this.#going(one, async () => {
      const pc = await this.#open(one);
      await pc.setLocalDescription(await pc.createOffer());
      await this.#tell(one, "voice_offer");
      if (this.one !== one || one.phase !== "calling") return; // meanwhile it gave way to theirs, or is over
      one.timer = setTimeout(() => this.#finish(one, "Nobody answered the call.", "hung_up"), RING_MS);
    });
  }

  /** Takes the call that rings. */
  async answer() {
    const { one } = this;
    if (one?.phase !== "rung") return;
    one.phase = "talking";
    this.onChanged();
    await this.#take(one);
  }

  mute(muted) {
    if (this.one === null) return;
    this.one.muted = muted;
    this.#apply(this.one);
    this.onChanged();
  }

  hangUp() {
    if (this.one !== null) this.#finish(this.one, "", "hung_up");
  }

  // -- what comes

  /** A frame of the profile from this channel. */
  receive(link, frame) {
    if (this.ended) return;
    const { one } = this;
    const mine = one !== null && one.link === link && one.id === frame.callId;
    if (frame.type === "voice_offer") this.#rung(link, frame);
    else if (mine && frame.type === "voice_answer") this.#answered(one, frame.sdp);
    else if (mine && frame.type === "voice_end") this.#finish(one, ENDED[frame.reason], null);
  }

  /** The channel is gone, and with it who was called. */
  closed(link) {
    if (this.one?.link === link) this.#finish(this.one, "The call was lost with the connection.", null);
  }

  /** Nothing is wanted any more: the widget goes, or the room is left. */
  end() {
    this.hangUp();
    this.ended = true;
  }

  // -- inside

  #rung(link, { callId, sdp }) {
    const { one } = this;
    if (one !== null && one.link === link && one.phase === "calling") {
      // Both called at once. The broadcaster's offer goes on; who called wants to talk, so nobody need be asked.
      if (this.isHost) one.theirs = callId;
      else this.#taken(one, callId, sdp);
      return;
    }
    if (one !== null) {
      if (one.link !== link || one.id !== callId) this.#send(link, callId, "voice_end", { reason: "busy" });
      return;
    }
    const made = this.#begin(link, callId, "rung");
    made.offer = sdp;
    made.timer = setTimeout(() => this.#finish(made, "", "hung_up"), RING_MS);
    this.onChanged();
  }

  /** Gives up one's own call for theirs, with the microphone that is there. */
  async #taken(one, callId, sdp) {
    one.pc?.close();
    clearTimeout(one.timer);
    Object.assign(one, { id: callId, offer: sdp, phase: "talking", pc: null, heard: null });
    this.onChanged();
    await this.#take(one);
  }

  async #take(one) {
    clearTimeout(one.timer);
    await this.#going(one, async () => {
      const pc = await this.#open(one);
      await pc.setRemoteDescription({ type: "offer", sdp: one.offer });
      await pc.setLocalDescription(await pc.createAnswer());
      await this.#tell(one, "voice_answer");
    });
  }

  async #answered(one, sdp) {
    if (one.phase !== "calling" || one.pc?.signalingState !== "have-local-offer") return;
    clearTimeout(one.timer);
    one.phase = "talking";
    this.onChanged();
    await this.#going(one, () => one.pc.setRemoteDescription({ type: "answer", sdp }));
  }

  #begin(link, id, phase) {
    // `capture` is the microphone, once asked for; `theirs` a call of the other side that ours went before.
    const one = { link, id, phase, muted: false, capture: null, stream: null, pc: null, heard: null, offer: null };
    Object.assign(one, { timer: 0, theirs: null });
    this.one = one;
    this.onChanged();
    return one;
  }

  /** A step of the call; what goes wrong in it ends the call, and is said. */
  async #going(one, step) {
    const { id } = one;
    try {
      await step();
    } catch (error) {
      if (this.one !== one || one.id !== id) return; // it was over by then, or gave way to theirs
      const known = error instanceof ConnectionError || error instanceof MicrophoneError;
      this.#finish(one, known ? error.message : "The call could not be made. The chat goes on.", "failed");
    }
  }

  /** The microphone, and a connection that has it. @throws {MicrophoneError} */
  async #open(one) {
    const { id } = one;
    one.capture ??= microphone();
    one.stream = await one.capture;
    const iceServers = await this.iceServers();
    if (this.one !== one || one.id !== id) throw new ConnectionError("The call is over.");
    const pc = new RTCPeerConnection({ iceServers, iceTransportPolicy: this.relayOnly ? "relay" : "all" });
    one.pc = pc;
    for (const track of one.stream.getAudioTracks()) pc.addTrack(track, one.stream);
    this.#apply(one);
    pc.addEventListener("track", ({ track, streams }) => {
      if (one.pc !== pc) return;
      one.heard = streams[0] ?? new MediaStream([track]);
      this.onChanged();
    });
    pc.addEventListener("connectionstatechange", () => {
      if (one.pc === pc && isLost(pc.connectionState)) this.#finish(one, "The call was lost.", "failed");
    });
    return pc;
  }

  /** Sends our description, once it has its candidates. */
  async #tell(one, type) {
    const { pc } = one;
    await gathered(pc, this.relayOnly);
    if (this.one !== one || one.pc !== pc) return;
    const { sdp } = pc.localDescription;
    const shown = this.relayOnly ? relayOnlySdp(sdp) : sdp;
    if (!shown.includes("\na=candidate:")) throw new ConnectionError("No way to the other side was found for the call.");
    this.#send(one.link, one.id, type, { sdp: shown });
  }

  #send(link, callId, type, more) {
    link.send(JSON.stringify({ type, callId, roomId: this.roomId(), senderId: this.me.id, ...more }));
  }

  #apply(one) {
    for (const track of one.stream?.getAudioTracks() ?? []) track.enabled = !one.muted;
  }

  /** Ends the call and frees everything. `reason` is told to the other side, where there is one. */
  #finish(one, words, reason) {
    if (this.one !== one) return;
    this.one = null;
    clearTimeout(one.timer);
    const ids = reason === null ? [] : [one.id, ...(one.theirs === null ? [] : [one.theirs])];
    for (const id of ids) this.#send(one.link, id, "voice_end", { reason });
    one.capture?.then(release, () => {}); // also one that is still on its way
    one.pc?.close();
    if (words) this.onTrouble(words);
    this.onChanged();
  }
}

class MicrophoneError extends Error {}

/** The microphone's stream. @throws {MicrophoneError} with words for people */
async function microphone() {
  try {
    return await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    throw new MicrophoneError(REFUSED);
  }
}

/** Turns a microphone off: the browser shows it as free. */
function release(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
