// The chain of one sender (protocol section 5): blocks whose hashes and signatures anybody with the room key can
// check. Every peer that sees the frames makes the same blocks. No I/O but WebCrypto's digests.
import { sha256, toHex } from "./envelope.js";

const UTF8 = new TextEncoder();

/** A value that has no place in a chain: a number that is no safe integer, half a character. */
export class ChainError extends Error {}

/**
 * The compact JSON of a value with its keys in the order of RFC 8785.
 * @throws {ChainError}
 */
export function canonical(value) {
  if (typeof value === "number") {
    if (!Number.isSafeInteger(value)) throw new ChainError("a number is no safe integer");
    return JSON.stringify(value);
  }
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw new ChainError("a text has half of a character");
    return JSON.stringify(value);
  }
  if (value === null || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object") throw new ChainError(`${typeof value} is no JSON`);
  // sort() compares UTF-16 code units, as RFC 8785 wants it.
  const parts = Object.keys(value).sort().map((key) => `${canonical(key)}:${canonical(value[key])}`);
  return `{${parts.join(",")}}`;
}

/** blockHash: SHA-256 of the compact JSON of {data, previousHash, blockNumber}. */
export function blockHash(data, previousHash, blockNumber) {
  const previous = JSON.stringify(previousHash);
  return sha256(`{"data":${canonical(data)},"previousHash":${previous},"blockNumber":${canonical(blockNumber)}}`);
}

/** signature: HMAC-SHA256, keyed by the text of the room key, of the compact JSON of {blockHash, data, blockNumber}. */
export async function signature(roomKey, hash, data, blockNumber) {
  const number = canonical(blockNumber);
  const text = `{"blockHash":${JSON.stringify(hash)},"data":${canonical(data)},"blockNumber":${number}}`;
  return toHex(await crypto.subtle.sign("HMAC", await hmacKey(roomKey), UTF8.encode(text)));
}

let lastKey = { text: null, key: null };

function hmacKey(text) {
  if (lastKey.text !== text) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    lastKey = { text, key: crypto.subtle.importKey("raw", UTF8.encode(text), algorithm, false, ["sign"]) };
  }
  return lastKey.key;
}

/** The Merkle root of hashes: pairs hashed together, an odd one with itself; of none the empty string. */
export async function merkleRoot(hashes) {
  let level = hashes;
  while (level.length > 1) {
    const pairs = [];
    for (let at = 0; at < level.length; at += 2) pairs.push(level[at] + (level[at + 1] ?? level[at]));
    level = await Promise.all(pairs.map(sha256));
  }
  return level[0] ?? "";
}

/** One sender's blocks, in their order. */
export class Chain {
  /**
   * @param {string} senderId
   * @param {number} perChunk blocks_per_chunk of the spec
   */
  constructor(senderId, perChunk) {
    this.senderId = senderId;
    this.perChunk = perChunk;
    this.blocks = [];
    this.ids = new Set();
  }

  /** The newest block, or null. */
  get last() {
    return this.blocks.at(-1) ?? null;
  }

  /** The number that the next block has. */
  get next() {
    return this.last === null ? 0 : this.last.blockNumber + 1;
  }

  has(id) {
    return this.ids.has(id);
  }

  /**
   * Makes the next block of a message and takes it in.
   * @throws {ChainError}
   */
  async append(message, roomKey, now = Date.now()) {
    const data = { message };
    const previousHash = this.last?.blockHash ?? null;
    const blockNumber = this.next;
    const hash = await blockHash(data, previousHash, blockNumber);
    const block = {
      blockHash: hash,
      previousHash,
      blockNumber,
      chunkId: Math.floor(blockNumber / this.perChunk),
      data,
      signature: await signature(roomKey, hash, data, blockNumber),
      createdAt: new Date(now).toISOString(),
      confirmedBy: [],
    };
    this.#take(block);
    return block;
  }

  /**
   * Takes in the next block as somebody else has it.
   * @returns {Promise<string | null>} why it is refused, or null
   */
  async accept(block, roomKey) {
    const why = await this.refusal(block, roomKey);
    if (why === null) this.#take(block);
    return why;
  }

  /** Why a block cannot be the next one, or null. */
  async refusal(block, roomKey) {
    if (block.blockNumber !== this.next) return `its number is ${block.blockNumber}, not ${this.next}`;
    if (block.previousHash !== (this.last?.blockHash ?? null)) return "it does not follow the block before it";
    return this.flaw(block, roomKey);
  }

  /** What is wrong with a block by itself, or null. */
  async flaw(block, roomKey) {
    const { data, blockNumber } = block;
    if (data.message.senderId !== this.senderId) return "it is of another sender";
    if (block.chunkId !== Math.floor(blockNumber / this.perChunk)) return "its chunk is another";
    try {
      if (block.blockHash !== (await blockHash(data, block.previousHash, blockNumber))) return "its hash is wrong";
      if (block.signature !== (await signature(roomKey, block.blockHash, data, blockNumber))) {
        return "its signature is wrong";
      }
    } catch (error) {
      if (error instanceof ChainError) return error.message;
      throw error;
    }
    return null;
  }

  /** Goes on at a later block, after a gap that nobody can fill. */
  skipTo(block) {
    this.#take(block);
  }

  #take(block) {
    this.blocks.push(block);
    this.ids.add(block.data.message.id);
  }
}
