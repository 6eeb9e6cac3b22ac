// Chain and Merkle root against values made in Python (rfc8785, hashlib, hmac).
import assert from "node:assert/strict";
import { test } from "node:test";
import { given, load, message, PROTOCOL } from "./kit.mjs";

const { Chain, ChainError, blockHash, canonical, merkleRoot, signature } = await load("chain.js");
const KEY = given.roomKey;
const perChunk = PROTOCOL.peer.blocks_per_chunk;

async function three(sender = "alice") {
  const chain = new Chain(sender, perChunk);
  for (let number = 0; number < 3; number += 1) await chain.append(message(sender), KEY);
  return chain;
}

test("hashes and signatures are those of the other implementation", async () => {
  assert.ok(given.blocks.length > 3);
  for (const block of given.blocks) {
    assert.equal(canonical(block.data), block.canonical);
    assert.equal(await blockHash(block.data, block.previousHash, block.blockNumber), block.blockHash);
    assert.equal(await signature(KEY, block.blockHash, block.data, block.blockNumber), block.signature);
  }
});

test("so are Merkle roots", async () => {
  for (const { hashes, root } of given.roots) assert.equal(await merkleRoot(hashes), root);
});

test("what has no place in a chain is refused", () => {
  for (const value of [1.5, 2 ** 53, NaN, Infinity, "\ud800", { "\udc00": 1 }, undefined, [() => {}]]) {
    assert.throws(() => canonical(value), ChainError);
  }
});

test("a chain is accepted block by block by another peer", async () => {
  const made = await three();
  const other = new Chain("alice", perChunk);
  for (const block of made.blocks) assert.equal(await other.accept(block, KEY), null);
  assert.deepEqual(other.blocks, made.blocks);
  assert.ok(made.blocks.every((block, number) => block.blockNumber === number && block.chunkId === 0));
  assert.equal(made.blocks[0].previousHash, null);
  assert.equal(made.blocks[2].previousHash, made.blocks[1].blockHash);
});

test("an edited block is refused, with the reason", async () => {
  const { blocks } = await three();
  const edits = {
    "another text": [{ data: { message: { ...blocks[0].data.message, content: "edited" } } }, "hash is wrong"],
    "another hash": [{ blockHash: "0".repeat(64) }, "hash is wrong"],
    "another signature": [{ signature: "0".repeat(64) }, "signature is wrong"],
    "another number": [{ blockNumber: 1 }, "number is 1, not 0"],
    "another predecessor": [{ previousHash: "0".repeat(64) }, "does not follow"],
    "another chunk": [{ chunkId: 1 }, "chunk is another"],
    "another sender": [{ data: { message: message("mallory") } }, "of another sender"],
    "a fraction": [{ data: { message: { ...blocks[0].data.message, extra: 0.5 } } }, "no safe integer"],
  };
  for (const [name, [edit, why]] of Object.entries(edits)) {
    const chain = new Chain("alice", perChunk);
    const found = await chain.accept({ ...blocks[0], ...edit }, KEY);
    assert.ok(found?.includes(why), `${name}: ${found}`);
    assert.equal(chain.next, 0, name);
  }
});

test("a block signed with another key is refused", async () => {
  const { blocks } = await three();
  assert.equal(await new Chain("alice", perChunk).accept(blocks[0], "another key"), "its signature is wrong");
});

test("chunks follow the spec", async () => {
  const chain = new Chain("alice", 2);
  for (let number = 0; number < 5; number += 1) await chain.append(message("alice"), KEY);
  assert.deepEqual(chain.blocks.map((block) => block.chunkId), [0, 0, 1, 1, 2]);
});
