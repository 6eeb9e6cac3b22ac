// Frames, envelopes, waits and names, each by itself.
import assert from "node:assert/strict";
import { test } from "node:test";
import { given, load, message, PROTOCOL } from "./kit.mjs";

const { contentComplaint, FRAME_BYTES, frameComplaint, Frames, isForAll, readFrame, senderOf } = await load("frames.js");
const { Envelopes, makeRoomKey, fromBase64, sha256 } = await load("envelope.js");
const { delays, isLost, isSilent } = await load("reconnect.js");
const { identity, nameFor } = await load("identity.js");
const { inWords } = await load("time.js");
const { relayOnlySdp } = await load("connection.js");
const { complaint } = await load("schema.js");

test("every example of the spec is a frame", () => {
  assert.ok(given.examples.length >= 17);
  for (const example of given.examples) {
    const { frame, why } = readFrame(JSON.stringify(example), PROTOCOL);
    assert.deepEqual(frame, example, why);
  }
});

test("a frame that lacks anything required, or has it of another type, is ignored", () => {
  let tried = 0;
  for (const example of given.examples) {
    for (const name of Object.keys(example)) {
      if (["emoteIds", "customEmojiIds", "senderDisplayName", "type", "chunk", "lastBlockNumber", "lastTimestamp"].includes(name)) continue;
      const { [name]: _, ...without } = example;
      assert.notEqual(frameComplaint(without, PROTOCOL), null, `${example.type} without ${name}`);
      const other = { ...example, [name]: typeof example[name] === "object" ? 7 : { a: 1 } };
      assert.notEqual(frameComplaint(other, PROTOCOL), null, `${example.type}: another ${name}`);
      tried += 2;
    }
  }
  assert.ok(tried > 100);
});

test("what is no frame at all is ignored", () => {
  const texts = ["", "{", "null", "[]", '"x"', "{}", '{"type":"nothing"}', '{"type":null}', '{"type":7}', '{"type":"__proto__"}', '{"type":"constructor"}', new ArrayBuffer(8)];
  for (const text of texts) assert.ok(readFrame(text, PROTOCOL).why, String(text));
  assert.equal(readFrame(" ".repeat(FRAME_BYTES + 1), PROTOCOL).why, "is too long");
});

test("content counts UTF-8 bytes", () => {
  const most = PROTOCOL.limits.content_bytes;
  for (const [char, size] of [["a", 1], ["ä", 2], ["漢", 3], ["🙂", 4]]) {
    const fits = char.repeat(Math.floor(most / size)) + "a".repeat(most % size);
    assert.equal(contentComplaint(fits, PROTOCOL), null);
    assert.equal(frameComplaint(message("a", { content: fits }), PROTOCOL), null);
    assert.match(contentComplaint(`${fits}a`, PROTOCOL), new RegExp(`too long.*${most + 1} bytes.*${most}`));
    assert.notEqual(frameComplaint(message("a", { content: `${fits}a` }), PROTOCOL), null);
  }
  assert.ok(contentComplaint(" \n", PROTOCOL));
  assert.ok(contentComplaint("a\ud800", PROTOCOL));
});

test("a sealed frame has its envelope, and no content beside it", () => {
  const sealed = given.examples.find((example) => example.encrypted);
  assert.notEqual(frameComplaint({ ...sealed, content: "plain" }, PROTOCOL), null);
  const { encryptedData, ...bare } = sealed;
  assert.notEqual(frameComplaint(bare, PROTOCOL), null);
  assert.notEqual(frameComplaint({ ...sealed, encryptedData: { ...encryptedData, version: 2 } }, PROTOCOL), null);
});

test("every frame that we make is valid, and ours", async () => {
  const frames = new Frames({ id: "alice", name: "Alice B" }, () => "room_1", () => 0);
  const key = makeRoomKey(PROTOCOL.peer.room_key_bytes);
  const envelopes = new Envelopes(key, PROTOCOL.envelope);
  const made = [
    frames.chat("message", "hello"), frames.chat("system", "room_2"),
    frames.chat("message", "", { ...(await envelopes.seal("hello")), passwordProtected: false }),
    frames.typing(), frames.typingStop(), frames.presence("online"), frames.presence("away"), frames.presence("offline"),
    frames.candidate({ candidate: "", sdpMid: null, sdpMLineIndex: 0 }), frames.keyRequest(),
    frames.keyResponse(key, await sha256(key)), frames.syncRequest("bob", null),
    frames.syncRequest("bob", { blockNumber: 3, createdAt: "2026-01-01T00:00:00.000Z" }), frames.peerInfo(),
  ];
  for (const frame of made) {
    assert.equal(frameComplaint(frame, PROTOCOL), null, frame.type);
    assert.equal(senderOf(frame), "alice", frame.type);
  }
  assert.deepEqual(new Set(made.filter(isForAll).map(({ type }) => type)), new Set(["message", "system", "typing", "typing_stop", "presence"]));
});

test("the schema's judge knows the keywords, and refuses to guess others", () => {
  assert.throws(() => complaint({ oneOf: [] }, 1), /unknown keyword/);
  assert.equal(complaint({ minLength: 2 }, "🙂"), "is too short");
  assert.equal(complaint({ format: "date-time" }, "2026-02-30"), "is no time");
  assert.equal(complaint({ type: ["integer", "null"], minimum: -1 }, -1), null);
  assert.equal(complaint({ type: "integer" }, 1.5), "is no integer");
});

test("envelopes of the other implementation open, and ours are theirs", async () => {
  for (const { token, plaintext, envelope } of given.envelopes.vectors) {
    const envelopes = new Envelopes(token, PROTOCOL.envelope);
    assert.equal(await envelopes.open(envelope), plaintext);
    const options = { salt: fromBase64(envelope.salt), iv: fromBase64(envelope.iv), now: Date.parse(envelope.timestamp) };
    assert.deepEqual(await envelopes.seal(plaintext, options), envelope);
  }
});

test("one salt a session, a fresh iv each time, and only the key opens it", async () => {
  const [one, other] = [new Envelopes("key", PROTOCOL.envelope), new Envelopes("another", PROTOCOL.envelope)];
  const [first, second] = [await one.seal("a"), await one.seal("a")];
  assert.equal(first.salt, second.salt);
  assert.notEqual(first.iv, second.iv);
  assert.notEqual(first.salt, (await other.seal("a")).salt);
  assert.equal(await new Envelopes("key", PROTOCOL.envelope).open(first), "a");
  await assert.rejects(other.open(first));
});

test("the waits double from the first to the longest", () => {
  const policy = { reconnect_first: 1, reconnect_longest: 30, reconnect_tries: 10 };
  assert.deepEqual([...delays(policy)], [1, 2, 4, 8, 16, 30, 30, 30, 30, 30]);
  assert.equal([...delays(PROTOCOL.peer)].length, PROTOCOL.peer.reconnect_tries);
});

test("lost is failed or closed; silent is silent by both clocks", () => {
  assert.deepEqual(["new", "connecting", "connected", "disconnected", "failed", "closed"].filter(isLost), ["failed", "closed"]);
  const silence = 10;
  assert.ok(isSilent({ page: 10_000, browser: 10_000 }, silence));
  assert.ok(isSilent({ page: 10_000, browser: null }, silence));
  assert.ok(!isSilent({ page: 9_999, browser: 20_000 }, silence));
  assert.ok(!isSilent({ page: 60_000, browser: 2_000 }, silence), "the page's clock jumped");
});

test("who one is follows from the token", () => {
  for (const { token, id, name } of given.identities) {
    assert.deepEqual(identity(token, PROTOCOL), id === null ? null : { id, name }, token);
  }
  assert.equal(identity("no token", PROTOCOL), null);
  assert.equal(nameFor(["Ålice  <b>", "x"], PROTOCOL), "Alice b");
  assert.equal(nameFor(["漢字", "cust-1"], PROTOCOL), "cust-1");
  assert.equal(nameFor(["a".repeat(300)], PROTOCOL).length, 100);
});

test("waits in words", () => {
  assert.deepEqual([1, 60, 119, 120, 3599, 3600, 3660].map(inWords), ["1 second", "60 seconds", "119 seconds", "2 minutes", "1 hour", "1 hour and 1 minute"].toSpliced(4, 0, "1 hour"));
});

test("a relay-only description has the relay's addresses alone", () => {
  const sdp = [
    "v=0", "c=IN IP4 0.0.0.0", "a=candidate:1 1 udp 2122252543 192.168.1.5 54321 typ host generation 0",
    "a=candidate:2 1 udp 1 203.0.113.7 49203 typ relay raddr 192.168.1.5 rport 54321 generation 0",
    "a=candidate:3 1 udp 1 198.51.100.1 1 typ srflx raddr 192.168.1.5 rport 54321", "a=ice-ufrag:x", "",
  ].join("\r\n");
  const shown = relayOnlySdp(sdp);
  assert.ok(!shown.includes("192.168.1.5") && !shown.includes("198.51.100.1"));
  assert.ok(shown.includes("203.0.113.7 49203 typ relay raddr 0.0.0.0 rport 0 generation 0"));
  assert.equal(shown.split("\r\n").length, sdp.split("\r\n").length - 2);
});
