// History: what an answer to a sync_request holds, and who asks when (protocol section 5). Pure: time is passed in.
import { bytes } from "./schema.js";
import { merkleRoot } from "./chain.js";

/** Tries to get a block that is missing, or cannot be verified, before the gap is given up. */
export const TRIES = 3;

/**
 * The sync_response to a request, but for what is missing in `responder`.
 * @param {object[]} blocks all blocks of the chain, in order
 * @param {{chainId: string, lastBlockNumber: number | null}} request
 * @param {{blocks: number, bytes: number}} batch the most that one answer has
 */
export async function answer(blocks, request, responderId, batch) {
  const last = request.lastBlockNumber ?? -1;
  const wanted = blocks.filter((block) => block.blockNumber > last);
  const frame = (found) => ({
    type: "sync_response",
    chainId: request.chainId,
    blocks: found,
    batchHash: "0".repeat(64),
    fromBlock: found.length > 0 ? found[0].blockNumber : last + 1,
    toBlock: found.length > 0 ? found.at(-1).blockNumber : last,
    hasMore: found.length < wanted.length,
    responderId,
  });
  // `false` is one byte longer than `true`, and the numbers grow: what is spare here is for those.
  let size = bytes(JSON.stringify(frame([]))) + 32;
  const found = [];
  for (const block of wanted.slice(0, batch.blocks)) {
    size += bytes(JSON.stringify(block)) + 1;
    if (size > batch.bytes && found.length > 0) break;
    found.push(block);
  }
  return { ...frame(found), batchHash: await merkleRoot(found.map((block) => block.blockHash)) };
}

/** Is what a sync_response says of itself so? Null, or what is not. */
export async function batchComplaint(response) {
  const { blocks, fromBlock, toBlock, batchHash } = response;
  if (batchHash !== (await merkleRoot(blocks.map((block) => block.blockHash)))) return "batchHash is wrong";
  if (blocks.length === 0) return null;
  if (fromBlock !== blocks[0].blockNumber || toBlock !== blocks.at(-1).blockNumber) return "its bounds are wrong";
  return null;
}

/** Says when to ask for which chain. Times are milliseconds on any one clock. */
export class Asking {
  /** @param {{sync_interval: number, sync_timeout: number}} policy in seconds */
  constructor(policy) {
    this.interval = policy.sync_interval * 1000;
    this.timeout = policy.sync_timeout * 1000;
    this.chains = new Map();
  }

  /** The chain of this sender is wanted. */
  want(senderId) {
    const chain = this.chains.get(senderId) ?? { asked: -Infinity, waiting: false, tries: 0 };
    chain.wanted = true;
    this.chains.set(senderId, chain);
  }

  wants(senderId) {
    return this.chains.get(senderId)?.wanted ?? false;
  }

  /** The senders whose chains are to be asked for now; they count as asked. */
  due(now) {
    const found = [];
    for (const [senderId, chain] of this.chains) {
      if (chain.wanted && !chain.waiting && now - chain.asked >= this.interval) {
        chain.asked = now;
        chain.waiting = true;
        found.push(senderId);
      }
    }
    return found;
  }

  /** An answer came. Is it one that was waited for? */
  answered(senderId) {
    const chain = this.chains.get(senderId);
    if (!chain?.waiting) return false;
    chain.waiting = false;
    return true;
  }

  /** The chain is whole. */
  done(senderId) {
    const chain = this.chains.get(senderId);
    if (chain) Object.assign(chain, { wanted: false, waiting: false, tries: 0 });
  }

  /** What came was no good. True where it is worth asking again. */
  failed(senderId) {
    const chain = this.chains.get(senderId);
    if (!chain) return false;
    chain.waiting = false;
    chain.tries += 1;
    return chain.tries < TRIES;
  }

  /** The senders whose answer did not come in time; they are no longer asked for. */
  overdue(now) {
    const found = [...this.chains].filter(([, chain]) => chain.waiting && now - chain.asked >= this.timeout);
    for (const [senderId] of found) this.done(senderId);
    return found.map(([senderId]) => senderId);
  }

  /** The connection is another one: answers to what was asked before do not come. */
  forgetAnswers() {
    for (const chain of this.chains.values()) chain.waiting = false;
  }
}
