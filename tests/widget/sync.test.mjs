// Sync: batches, the asking side's times, and a late joiner's history, without a network.
import assert from "node:assert/strict";
import { test } from "node:test";
import { given, load, message, PROTOCOL } from "./kit.mjs";

const { answer, Asking, batchComplaint, TRIES } = await load("sync.js");
const { History } = await load("history.js");
const { Messages } = await load("messages.js");
const { bytes } = await load("schema.js");
const { frameComplaint } = await load("frames.js");
const KEY = given.roomKey;
const { batch, peer } = PROTOCOL;

const history = (meId, isHost, shown = []) =>
  new History({ protocol: PROTOCOL, meId, isHost, onPast: async (found) => shown.push(found.content) });

/** A broadcaster's history with this many messages of alice. */
async function host(count, edits = {}) {
  const made = history("alice", true);
  await made.keyed(KEY);
  for (let number = 0; number < count; number += 1) await made.record(message("alice", { content: `${number}`, ...edits }));
  return made;
}

const request = (last = null) => ({ chainId: "room_1:alice", lastBlockNumber: last, requesterId: "bob" });

/** Asks until nothing more is wanted; `time` moves by the interval. */
async function synced(late, from, edit = (response) => response) {
  let asked = 0;
  for (let time = 0; time < 20; time += 1) {
    late.now = () => time * peer.sync_interval * 1000;
    for (const [senderId, last] of late.due()) {
      asked += 1;
      await late.take(edit(await from.answer({ ...request(last?.blockNumber), chainId: `room_1:${senderId}` }), asked));
    }
  }
  return asked;
}

test("a batch holds no more blocks than the spec allows, and is valid", async () => {
  const { blocks } = (await host(batch.blocks + 7)).of("alice").chain;
  const first = await answer(blocks, request(), "alice", batch);
  assert.equal(frameComplaint(first, PROTOCOL), null);
  assert.equal(await batchComplaint(first), null);
  assert.deepEqual([first.fromBlock, first.toBlock, first.hasMore], [0, batch.blocks - 1, true]);
  const second = await answer(blocks, request(first.toBlock), "alice", batch);
  assert.deepEqual([second.blocks.length, second.hasMore], [7, false]);
});

test("a batch holds no more bytes, and always one block", async () => {
  const { blocks } = (await host(12, { content: "ä".repeat(5000) })).of("alice").chain;
  const found = await answer(blocks, request(), "alice", batch);
  assert.ok(found.hasMore && found.blocks.length > 1);
  assert.ok(bytes(JSON.stringify(found)) <= batch.bytes);
  assert.ok(bytes(JSON.stringify(found)) + bytes(JSON.stringify(blocks[found.blocks.length])) > batch.bytes);
  assert.equal((await answer(blocks, request(), "alice", { ...batch, bytes: 10 })).blocks.length, 1);
});

test("nothing new is an empty batch", async () => {
  const found = await answer([], request(), "alice", batch);
  assert.equal(frameComplaint(found, PROTOCOL), null);
  assert.deepEqual([found.blocks, found.batchHash, found.hasMore], [[], "", false]);
});

test("a chain is asked for at most once an interval", () => {
  const asking = new Asking(peer);
  asking.want("alice");
  assert.deepEqual(asking.due(0), ["alice"]);
  assert.deepEqual(asking.due(peer.sync_interval * 1000), [], "an answer is waited for");
  assert.ok(asking.answered("alice"));
  assert.ok(!asking.answered("alice"), "a second answer was not asked for");
  asking.want("alice");
  assert.deepEqual(asking.due(peer.sync_interval * 1000 - 1), []);
  assert.deepEqual(asking.due(peer.sync_interval * 1000), ["alice"]);
});

test("an answer that does not come is given up", () => {
  const asking = new Asking(peer);
  asking.want("alice");
  asking.due(0);
  assert.deepEqual(asking.overdue(peer.sync_timeout * 1000 - 1), []);
  assert.deepEqual(asking.overdue(peer.sync_timeout * 1000), ["alice"]);
  assert.ok(!asking.wants("alice"));
});

test("a late joiner gets the whole history in batches, and what came meanwhile goes behind it", async () => {
  const count = 2 * batch.blocks + 3;
  const from = await host(count);
  const shown = [];
  const late = history("bob", false, shown);
  await late.keyed(KEY);
  late.of("alice");
  late.opened(false);
  const live = message("alice", { content: "live" });
  await late.record(live);
  await from.record(live);
  assert.equal(await synced(late, from), 3);
  assert.deepEqual(shown.filter((text) => text !== "live"), Array.from({ length: count }, (_, number) => `${number}`));
  assert.deepEqual(late.of("alice").chain.blocks.map((b) => b.blockHash), from.of("alice").chain.blocks.map((b) => b.blockHash));
  assert.ok(late.gaps.every((gap) => gap.filled && gap.reason === "late_join"));
});

test("after a loss only what is missing is asked for, and the gap is named", async () => {
  const from = await host(3);
  const shown = [];
  const viewer = history("bob", false, shown);
  await viewer.keyed(KEY);
  viewer.of("alice");
  viewer.opened(false);
  await synced(viewer, from);
  viewer.lost();
  await from.record(message("alice", { content: "missed" }));
  viewer.asking.chains.forEach((chain) => (chain.asked = -Infinity));
  viewer.opened(true);
  assert.deepEqual(viewer.due().map(([senderId, last]) => [senderId, last?.blockNumber]), [["alice", 2]]);
  await viewer.take(await from.answer(request(2)));
  assert.deepEqual(shown, ["0", "1", "2", "missed"]);
  assert.deepEqual(viewer.gaps.at(-1), { senderId: "alice", fromBlock: 3, toBlock: 3, reason: "network_partition", filled: true });
});

const spoilt = {
  "a tampered text": [(r) => r.blocks[1] && (r.blocks[1].data.message.content = "tampered"), "storage_corruption"],
  "a wrong batchHash": [(r) => (r.batchHash = "0".repeat(64)), "storage_corruption"],
  "a foreign message": [(r) => (r.blocks[1].data.message.senderId = "mallory"), "storage_corruption"],
};
for (const [name, [spoil, reason]] of Object.entries(spoilt)) {
  test(`${name} is not shown, is named, and asked for again`, async () => {
    const from = await host(3);
    const shown = [];
    const late = history("bob", false, shown);
    await late.keyed(KEY);
    late.of("alice");
    late.opened(false);
    await synced(late, from, (response, asked) => {
      const copy = structuredClone(response);
      if (copy.blocks.length > 0 && asked < 3) spoil(copy);
      return copy;
    });
    assert.deepEqual(shown, ["0", "1", "2"]);
    assert.ok(late.gaps.some((gap) => gap.reason === reason), JSON.stringify(late.gaps));
    assert.ok(peer.gap_reasons.includes(reason));
  });
}

test("a block that stays away is a gap, and what is behind it is shown", async () => {
  const from = await host(4);
  const shown = [];
  const late = history("bob", false, shown);
  await late.keyed(KEY);
  late.of("alice");
  late.opened(false);
  const { merkleRoot } = await load("chain.js");
  for (let tried = 0; tried < TRIES; tried += 1) {
    late.now = () => tried * peer.sync_interval * 1000;
    assert.ok(late.due().some(([senderId]) => senderId === "alice"), `try ${tried}`);
    const response = await from.answer(request(late.of("alice").chain.last?.blockNumber ?? null));
    const blocks = response.blocks.filter(({ blockNumber }) => blockNumber !== 2);
    const batchHash = await merkleRoot(blocks.map((block) => block.blockHash));
    await late.take({ ...response, blocks, batchHash, fromBlock: blocks[0].blockNumber });
  }
  assert.deepEqual(shown, ["0", "1", "3"]);
  assert.deepEqual(late.gaps.find((gap) => !gap.filled), { senderId: "alice", fromBlock: 2, toBlock: 2, reason: "unknown", filled: false });
});

test("a block tampered with for good is never shown", async () => {
  const from = await host(3);
  const shown = [];
  const late = history("bob", false, shown);
  await late.keyed(KEY);
  late.of("alice");
  late.opened(false);
  await synced(late, from, (response) => {
    const copy = structuredClone(response);
    for (const block of copy.blocks) if (block.blockNumber === 1) block.data.message.content = "tampered";
    return copy;
  });
  assert.ok(!shown.includes("tampered"));
  assert.ok(shown.includes("0"));
});

test("messages of the past go where they belong", () => {
  const list = new Messages();
  const entry = (senderId, at, text) => ({ id: text, senderId, at, text });
  list.add(entry("me", 5, "before"));
  list.opened();
  list.add(entry("a", 100, "live"));
  list.addPast(entry("a", 10, "a1"));
  list.addPast(entry("a", 30, "a2"));
  list.addPast(entry("b", 20, "b1"));
  list.addPast(entry("b", 15, "b2"));
  assert.deepEqual(list.entries.map(({ text }) => text), ["before", "a1", "b1", "b2", "a2", "live"]);
});
