// A call between two ends without a browser: who is busy, who gives way, what is freed.
import assert from "node:assert/strict";
import { afterEach, mock, test } from "node:test";
import { load } from "./kit.mjs";

const { Voice } = await load("voice.js");

/** As much of a browser's connection as a call asks for. */
class Connection extends EventTarget {
  static all = [];
  static gathering = "complete"; // of those that are made from now on
  signalingState = "stable";
  iceGatheringState = Connection.gathering;
  connectionState = "new";
  closed = false;
  tracks = [];
  constructor(config) {
    super();
    this.config = config;
    Connection.all.push(this);
  }
  addTrack(track) { this.tracks.push(track); }
  createOffer = async () => ({ type: "offer" });
  createAnswer = async () => ({ type: "answer" });
  async setLocalDescription({ type }) {
    if (this.closed) throw new Error("InvalidStateError");
    this.signalingState = type === "offer" ? "have-local-offer" : "stable";
    this.localDescription = { sdp: "v=0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ relay raddr 192.0.2.9 rport 9\r\n" };
  }
  async setRemoteDescription(description) { this.remote = description; }
  close() { this.closed = true; }
}
globalThis.RTCPeerConnection = Connection;

const microphones = [];
let refused = false;
Object.defineProperty(globalThis, "navigator", {
  configurable: true,
  value: {
    mediaDevices: {
      async getUserMedia() {
        if (refused) throw new Error("NotAllowedError");
        const track = { enabled: true, on: true, stop() { this.on = false; } };
        microphones.push(track);
        return { getTracks: () => [track], getAudioTracks: () => [track] };
      },
    },
  },
});
const on = () => microphones.filter((track) => track.on).length;

const ends = [];
afterEach(() => {
  ends.splice(0).forEach((end) => end.voice.end());
  microphones.splice(0);
  Connection.all.splice(0);
  refused = false;
});

/** Two ends of one channel; what one sends comes at once to the other. */
function pair() {
  const made = ["alice", "bob"].map((id) => ({ id, told: [], frames: [] }));
  for (const [number, end] of made.entries()) {
    const other = made[1 - number];
    end.link = { peerId: other.id, send: (text) => {
      end.frames.push(JSON.parse(text));
      queueMicrotask(() => other.voice.receive(other.link, JSON.parse(text)));
    } };
    end.voice = new Voice({
      me: { id: end.id }, roomId: () => "room_1", isHost: number === 0, iceServers: async () => [], relayOnly: true,
      onChanged() {}, onTrouble: (words) => end.told.push(words),
    });
  }
  ends.push(...made);
  return made;
}

const settled = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a call is taken, muted, and hung up, and frees both microphones", async () => {
  const [host, guest] = pair();
  await guest.voice.call(guest.link);
  await settled();
  assert.deepEqual([host.voice.phase, guest.voice.phase, on()], ["rung", "calling", 1]);
  await host.voice.answer();
  await settled();
  assert.deepEqual([host.voice.phase, guest.voice.phase, on()], ["talking", "talking", 2]);
  assert.ok(Connection.all.every(({ config }) => config.iceTransportPolicy === "relay"));
  const { sdp } = guest.frames[0];
  assert.ok(sdp.includes("typ relay raddr 0.0.0.0 rport 0"));
  host.voice.mute(true);
  assert.deepEqual(microphones.map((track) => track.enabled), [true, false]);
  host.voice.mute(false);
  host.voice.hangUp();
  await settled();
  assert.deepEqual([host.voice.phase, guest.voice.phase, on()], ["idle", "idle", 0]);
  assert.deepEqual([host.told, guest.told], [[], ["The call is over."]]);
  assert.ok(Connection.all.every(({ closed }) => closed));
});

test("where both call at once there is one call, with one microphone each", async () => {
  const [host, guest] = pair();
  await Promise.all([host.voice.call(host.link), guest.voice.call(guest.link)]);
  await settled();
  assert.deepEqual([host.voice.phase, guest.voice.phase], ["talking", "talking"]);
  assert.equal(host.voice.one.id, guest.voice.one.id);
  assert.deepEqual([microphones.length, on()], [2, 2]);
  assert.equal(Connection.all.filter(({ closed }) => !closed).length, 2);
  guest.voice.hangUp();
  await settled();
  assert.equal(on(), 0);
});

test("a call that gave way to the host's goes on, whenever one's own was ready", async () => {
  const [host, guest] = pair();
  Connection.gathering = "gathering";
  const calling = guest.voice.call(guest.link); // its candidates take their time
  await settled();
  Connection.gathering = "complete";
  await host.voice.call(host.link);
  await settled();
  assert.deepEqual([host.voice.phase, guest.voice.phase], ["talking", "talking"]);
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    Connection.all[0].iceGatheringState = "complete";
    Connection.all[0].dispatchEvent(new Event("icegatheringstatechange"));
    await calling;
    mock.timers.tick(60_000);
  } finally {
    mock.timers.reset();
  }
  assert.deepEqual([host.voice.phase, guest.voice.phase, guest.told], ["talking", "talking", []]);
});

test("who is in a call is busy for others, and the call goes on", async () => {
  const [host, guest] = pair();
  await guest.voice.call(guest.link);
  await settled();
  const said = [];
  host.voice.receive({ send: (text) => said.push(JSON.parse(text)) }, { type: "voice_offer", callId: "call_9", sdp: "v=0" });
  assert.deepEqual(said.map(({ type, callId, reason }) => [type, callId, reason]), [["voice_end", "call_9", "busy"]]);
  assert.equal(host.voice.phase, "rung");
});

test("a refused microphone is said at both sides, and nothing stays", async () => {
  const [host, guest] = pair();
  await guest.voice.call(guest.link);
  await settled();
  refused = true;
  await host.voice.answer();
  await settled();
  assert.deepEqual([host.voice.phase, guest.voice.phase, on()], ["idle", "idle", 0]);
  assert.match(host.told[0], /microphone cannot be used/);
  assert.equal(guest.told[0], "The other side could not take the call.");
});

test("who hangs up before the microphone is there keeps none", async () => {
  const [host, guest] = pair();
  const calling = guest.voice.call(guest.link);
  guest.voice.hangUp();
  await calling;
  await settled();
  assert.deepEqual([guest.voice.phase, host.voice.phase, on()], ["idle", "idle", 0]);
  assert.deepEqual(guest.told, []);
});

test("a call ends with its channel, and with nobody answering", async () => {
  const [host, guest] = pair();
  await guest.voice.call(guest.link);
  guest.voice.closed({});
  assert.equal(guest.voice.phase, "calling"); // another channel
  guest.voice.closed(guest.link);
  await settled();
  assert.deepEqual([guest.voice.phase, on()], ["idle", 0]);
  host.voice.hangUp();
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    await guest.voice.call(guest.link);
    mock.timers.tick(45_000);
  } finally {
    mock.timers.reset();
  }
  await settled();
  assert.deepEqual([guest.voice.phase, host.voice.phase, on()], ["idle", "idle", 0]);
  assert.equal(guest.told.at(-1), "Nobody answered the call.");
});

test("frames of a call that is not there are ignored", async () => {
  const [host] = pair();
  host.voice.receive(host.link, { type: "voice_answer", callId: "call_1", sdp: "v=0" });
  host.voice.receive(host.link, { type: "voice_end", callId: "call_1", reason: "hung_up" });
  assert.deepEqual([host.voice.phase, host.told], ["idle", []]);
});
