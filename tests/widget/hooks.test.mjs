// What the harness puts into a page before anything of its own: it holds the widget however a bundle exports it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import vm from "node:vm";

const file = new URL("../../e2e/browser/hooks.js", import.meta.url);
const SETTINGS = {
  object: "StrixunChat",
  constructor: "ChatWidget",
  options: { token: "t", relayOnly: true },
  iceServers: [{ urls: "turn:ours" }],
};

class Connection extends EventTarget {
  constructor(config) {
    super();
    this.config = config;
  }

  setConfiguration(config) {
    this.config = config;
  }

  createDataChannel(label) {
    return Object.assign(new EventTarget(), { label, ordered: true, readyState: "connecting", send: () => {} });
  }
}

/** A page with the hooks in it, in which this script was run. */
function page(script = "", more = {}) {
  const window = { RTCPeerConnection: Connection, webkitRTCPeerConnection: Connection, performance, ...more };
  window.window = window.self = window;
  vm.createContext(window);
  const hooks = readFileSync(file, "utf8").replace("/* SETTINGS */ {}", JSON.stringify(SETTINGS));
  assert.ok(hooks.includes("turn:ours"), "the settings have their place");
  vm.runInContext(hooks, window);
  vm.runInContext("class Real { constructor(options) { this.options = options; } }", window);
  vm.runInContext(script, window);
  return window;
}

const bundles = {
  "an assignment": "window.StrixunChat = { ChatWidget: Real };",
  "a global variable": "var StrixunChat = { ChatWidget: Real };",
  "a namespace that is filled afterwards (UMD)":
    "(function (root, factory) { factory(root.StrixunChat = {}); })(self, (exports) => { exports.ChatWidget = Real; });",
  "a namespace that may be there already":
    "(function (exports) { exports.ChatWidget = Real; })(self.StrixunChat = self.StrixunChat || {});",
  "getters for good (esbuild)":
    "var StrixunChat = Object.defineProperty({}, 'ChatWidget', { get: () => Real, enumerable: true });",
  "a frozen object": "window.StrixunChat = Object.freeze({ ChatWidget: Real });",
  "a function with properties": "window.StrixunChat = Object.assign(() => {}, { ChatWidget: Real });",
};

for (const [name, script] of Object.entries(bundles)) {
  test(`the widget is held and given its options: ${name}`, () => {
    const window = page(script);
    vm.runInContext("made = new StrixunChat.ChatWidget({ containerId: 'x', token: 'its own' })", window);
    assert.equal(window.__parley.widgets.length, 1);
    assert.equal(window.__parley.widgets[0], window.made);
    assert.deepEqual({ ...window.made.options }, { containerId: "x", token: "t", relayOnly: true });
    assert.equal(vm.runInContext("made instanceof Real && made instanceof StrixunChat.ChatWidget", window), true);
  });
}

test("no connection gets other ICE servers, by whatever name and however late", () => {
  const window = page();
  for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection"]) {
    const connection = new window[name]({ iceServers: [{ urls: "turn:theirs" }], iceTransportPolicy: "relay" });
    assert.equal(connection.config.iceServers[0].urls, "turn:ours");
    connection.setConfiguration({ iceServers: [{ urls: "turn:theirs" }], iceTransportPolicy: "all" });
    assert.equal(connection.config.iceServers[0].urls, "turn:ours");
    assert.equal(connection.config.iceTransportPolicy, "all");
  }
});

test("a channel that opens is counted, also after another has closed", () => {
  const window = page();
  for (const opened of [1, 2]) {
    const channel = new window.RTCPeerConnection({}).createDataChannel("chat");
    channel.dispatchEvent(new Event("open"));
    assert.equal(window.__parley.openings, opened);
  }
  assert.equal(window.__parley.open(), 0);
});

test("a flood of frames is cut off", () => {
  const window = page();
  const channel = new window.RTCPeerConnection({}).createDataChannel("chat");
  for (let sent = 0; sent < 400; sent += 1) channel.send("x".repeat(100_000));
  const kept = window.__parley.frames.reduce((sum, { text }) => sum + text.length, 0);
  assert.equal(window.__parley.frames.length, 400);
  assert.ok(kept > 1_000_000 && kept < 20_000_000, String(kept));
});

test("who asks for a microphone is seen, by whatever name", async () => {
  class Track {}
  class Stream { getTracks() { return [this.track ??= Object.assign(new Track(), { readyState: "live" })]; } }
  Track.prototype.clone = Stream.prototype.clone = function () { return this; };
  const navigator = { mediaDevices: { getUserMedia: async () => new Stream() }, webkitGetUserMedia: () => {} };
  const { __parley: kept } = page("", { navigator, MediaStreamTrack: Track, MediaStream: Stream });
  await navigator.mediaDevices.getUserMedia({ audio: true });
  await new Promise((good, bad) => { navigator.webkitGetUserMedia({ audio: true }, good, bad); });
  assert.deepEqual([kept.asked, kept.live()], [2, 2]);
  assert.equal("getUserMedia" in navigator, false, "a browser without a name gains none");
});

test("a track that is held and goes on is heard once", () => {
  const window = page();
  const connection = new window.RTCPeerConnection({});
  const [one, other] = [{ id: "a" }, { id: "b" }];
  for (const track of [one, other, one]) connection.dispatchEvent(Object.assign(new Event("track"), { track }));
  assert.equal(window.__parley.heard.length, 2);
});
