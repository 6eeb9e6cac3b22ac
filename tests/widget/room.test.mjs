// A star of rooms without a network: what the broadcaster hands on, what each shows, what is dropped.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { load, message, PROTOCOL } from "./kit.mjs";

const { Link } = await load("link.js");
const { Room } = await load("room.js");
const { Outbox } = await load("outbox.js");
const { frameComplaint } = await load("frames.js");

const rooms = [];
afterEach(() => rooms.splice(0).forEach((room) => room.end()));

function room(id, isHost = false, seen = {}) {
  const nothing = () => {};
  const on = { changed: nothing, notice: nothing, moved: nothing, hostLeft: nothing, guestLeft: nothing, silent: nothing, ...seen };
  const made = new Room({ protocol: PROTOCOL, me: { id, name: id }, roomId: "room_1", isHost, hostId: "alice", on });
  rooms.push(made);
  return made;
}

/** One end of a channel: what is sent arrives at once at the other room, unless it is cut. */
function ends(host, guest) {
  const wire = { cut: false, up: [], down: [] };
  const links = {};
  const end = (name, other, log) => ({
    get isOpen() { return !wire.cut; },
    quiet: { page: 0, browser: 0 },
    add: () => {},
    close: () => {},
    send(text) {
      if (wire.cut) return false;
      log.push(text);
      queueMicrotask(() => other().receive(links[name === "down" ? "atGuest" : "atHost"], text));
      return true;
    },
  });
  links.atHost = new Link(guest.me.id, end("down", () => guest, wire.down));
  links.atGuest = new Link("alice", end("up", () => host, wire.up));
  return { wire, ...links };
}

async function join(host, guest, again = false) {
  await host.ready;
  const channel = ends(host, guest);
  host.opened(channel.atHost, again);
  guest.opened(channel.atGuest, again);
  return channel;
}

const texts = (one) => one.messages.entries.map(({ text }) => text);

async function until(good) {
  for (let tried = 0; tried < 1000; tried += 1) {
    if (good()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`did not come: ${good}`);
}

async function star() {
  const [alice, bob, carol] = [room("alice", true), room("bob"), room("carol")];
  return { alice, bob, carol, toBob: await join(alice, bob), toCarol: await join(alice, carol) };
}

test("everybody has everything, in order, and the broadcaster hands frames on unchanged", async () => {
  const { alice, bob, carol, toBob, toCarol } = await star();
  for (let number = 0; number < 30; number += 1) {
    assert.equal(alice.say(`a${number}`), null);
    assert.equal(bob.say(`b${number}`), null);
  }
  await until(() => [alice, bob, carol].every((one) => texts(one).length === 60));
  for (const one of [alice, bob, carol]) {
    for (const who of ["a", "b"]) {
      assert.deepEqual(texts(one).filter((text) => text[0] === who), Array.from({ length: 30 }, (_, n) => `${who}${n}`));
    }
  }
  const isChat = (text) => JSON.parse(text).type === "message";
  assert.ok(toBob.wire.up.filter(isChat).every((text) => toCarol.wire.down.includes(text)));
  assert.ok(!toBob.wire.up.filter(isChat).some((text) => toBob.wire.down.includes(text)), "no echo");
  await until(() => new Set([alice, bob, carol].map((one) => one.history.of("bob").chain.last?.blockHash)).size === 1);
  assert.equal(alice.dropped + bob.dropped + carol.dropped, 0);
});

test("every frame on the wire is valid and holds no plain text", async () => {
  const { alice, bob, carol, toBob, toCarol } = await star();
  bob.say("the secret word");
  alice.say("another secret word");
  bob.typing();
  bob.be("away");
  await until(() => texts(carol).length === 2);
  bob.leave();
  await until(() => !alice.people.present.some(({ id }) => id === "bob"));
  const all = [toBob, toCarol].flatMap(({ wire }) => [...wire.up, ...wire.down]);
  assert.ok(all.length > 10);
  for (const text of all) {
    assert.equal(frameComplaint(JSON.parse(text), PROTOCOL), null, text);
    assert.ok(!text.includes("secret word"));
  }
});

test("the key goes to each newly opened channel first", async () => {
  const { alice, toBob, toCarol } = await star();
  for (const { wire } of [toBob, toCarol]) {
    const first = JSON.parse(wire.down[0]);
    assert.equal(first.type, "room_key_response");
    assert.equal(first.roomKey, alice.keys.text);
  }
});

test("frames of another sender, over-long and malformed ones are dropped; the channel lives", async () => {
  const { alice, bob, carol, toBob } = await star();
  const send = (frame) => toBob.atGuest.send(typeof frame === "string" ? frame : JSON.stringify(frame));
  send(message("carol", { content: "forged" }));
  send(message("bob", { content: "x".repeat(PROTOCOL.limits.content_bytes + 1) }));
  send(message("bob", { content: "fraction", extra: 0.5 }));
  send(message("bob", { content: "elsewhere", roomId: "room_2" }));
  send("{");
  send({ type: "nothing" });
  await until(() => alice.dropped === 6);
  bob.say("still here");
  await until(() => [alice, bob, carol].every((one) => texts(one).length === 1));
  assert.deepEqual([texts(alice), texts(carol)], [["still here"], ["still here"]]);
});

test("a known id is shown once and handed on once", async () => {
  const { alice, carol, toBob, toCarol } = await star();
  const frame = JSON.stringify(message("bob", { content: "once" }));
  for (let time = 0; time < 3; time += 1) toBob.atGuest.send(frame);
  await until(() => [alice, carol].every((one) => texts(one).length > 0));
  assert.deepEqual([texts(alice), texts(carol)], [["once"], ["once"]]);
  assert.equal(toCarol.wire.down.filter((text) => text === frame).length, 1);
});

test("a late one gets the history of all, also of who has left", async () => {
  const { alice, bob, toBob } = await star();
  bob.say("from bob");
  alice.say("from alice");
  await until(() => texts(alice).length === 2);
  bob.leave();
  await until(() => !alice.people.present.some(({ id }) => id === "bob"));
  alice.closed(toBob.atHost);
  const dave = room("dave");
  await join(alice, dave);
  await until(() => texts(dave).length === 2);
  assert.deepEqual(new Set(texts(dave)), new Set(["from bob", "from alice"]));
});

test("nothing is lost or doubled over a loss, whichever way it went", async () => {
  const { alice, bob, carol, toBob } = await star();
  bob.say("before");
  await until(() => texts(carol).length === 1);
  toBob.wire.cut = true;
  bob.say("bob, cut off");
  alice.say("alice, meanwhile");
  await until(() => texts(carol).length === 2);
  alice.closed(toBob.atHost);
  bob.closed(toBob.atGuest);
  await join(alice, bob, true);
  await until(() => [alice, bob, carol].every((one) => texts(one).length === 3));
  bob.say("after");
  await until(() => [alice, bob, carol].every((one) => texts(one).length === 4));
  for (const one of [alice, bob, carol]) assert.equal(new Set(texts(one)).size, 4);
  await until(() => new Set([alice, bob, carol].map((one) => one.history.of("bob").chain.next)).size === 1);
});

test("a system message of the broadcaster moves the room; another's does not", async () => {
  const moved = [];
  const [alice, bob] = [room("alice", true), room("bob", false, { moved: (id) => moved.push(id) })];
  const { atHost } = await join(alice, bob);
  atHost.send(JSON.stringify(message("carol", { type: "system", content: "room_9" })));
  alice.say("old");
  await until(() => texts(bob).length === 1);
  assert.equal(bob.roomId, "room_1");
  alice.move("room_2");
  await until(() => bob.roomId === "room_2");
  assert.deepEqual(moved, ["room_2"]);
  bob.say("new");
  await until(() => texts(alice).length === 2);
  const carol = room("carol");
  carol.roomId = "room_2";
  carol.roomIds.add("room_2");
  await join(alice, carol);
  await until(() => texts(carol).length === 2);
});

test("a key that does not match its hash, or comes from another, is not taken", async () => {
  const bob = room("bob");
  const { atGuest } = ends(room("alice", true), bob);
  const roomKey = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  const keyHash = "51643eac9777b63a7b268174d1fd4276daedec9bc9ea0bc6e5abf69047bc54f6";
  const key = { type: "room_key_response", roomId: "room_1", roomKey, keyHash, senderId: "alice" };
  bob.receive(atGuest, JSON.stringify({ ...key, keyHash: "0".repeat(64) }));
  bob.receive(atGuest, JSON.stringify({ ...key, senderId: "mallory" }));
  await bob.work;
  assert.equal(bob.keys.text, null);
  bob.receive(atGuest, JSON.stringify(key));
  await bob.work;
  assert.equal(bob.keys.text, roomKey);
});

test("a message under an unknown key is not shown", async () => {
  const { alice, toBob } = await star();
  const stranger = room("stranger", true);
  await stranger.ready;
  const encryptedData = await stranger.keys.seal("hidden", 0);
  toBob.atGuest.send(JSON.stringify(message("bob", { content: "", encrypted: true, encryptedData })));
  await until(() => alice.dropped === 1);
  assert.deepEqual(texts(alice), []);
});

test("the outbox keeps what no channel took, and doubts what was sent late", () => {
  const sent = [];
  let open = false;
  const outbox = new Outbox((text) => open && sent.push(text) > 0, 1000);
  assert.deepEqual(outbox.put("1", "one"), []);
  open = true;
  assert.deepEqual(outbox.again(), ["1"]);
  assert.deepEqual(outbox.put("2", "two"), ["2"]);
  outbox.lost(Date.now() + 500);
  assert.deepEqual(outbox.again(), ["1", "2"]);
  outbox.lost(Date.now() + 5000);
  assert.deepEqual(outbox.again(), []);
  assert.deepEqual(sent, ["one", "two", "one", "two"]);
});

test("what waited long and went out by a channel that was soon lost is sent again", () => {
  const sent = [];
  let now = 0;
  let open = false;
  const outbox = new Outbox((text) => open && sent.push(text) > 0, 1000, () => now);
  outbox.put("1", "one");
  now = 5000;
  open = true;
  assert.deepEqual(outbox.again(), ["1"]);
  outbox.lost(5100);
  now = 9000;
  assert.deepEqual(outbox.again(), ["1"]);
  outbox.lost(12_000);
  assert.deepEqual(outbox.again(), []);
  assert.deepEqual(sent, ["one", "one"]);
});

test("what waited is sent once the broadcaster is heard on the new channel, or after a while", async () => {
  const [alice, bob] = [room("alice", true), room("bob")];
  const first = await join(alice, bob);
  bob.say("before");
  await until(() => texts(alice).length === 1);
  for (const speaks of [true, false]) {
    first.wire.cut = true;
    for (const link of [...bob.links]) bob.closed(link);
    const text = speaks ? "told" : "not told";
    bob.say(text);
    await until(() => bob.outbox.frames.length > 0);
    const { wire, atHost, atGuest } = ends(alice, bob);
    const sent = () => wire.up.filter((one) => JSON.parse(one).type === "message").length;
    bob.opened(atGuest, true);
    await bob.outgoing;
    assert.equal(sent(), 0);
    if (speaks) alice.opened(atHost, true);
    await until(() => sent() > 0);
    await until(() => texts(alice).includes(text));
  }
});
