// The chains of a room: made from the frames as they pass, completed by sync, given to whoever asks.
// Calls must not overlap: room.js makes one after the other.
import { Chain } from "./chain.js";
import { frameComplaint, isChat } from "./frames.js";
import { Asking, answer, batchComplaint } from "./sync.js";

const GAPS = 200; // as many are kept

/** All chains of one room. The broadcaster's are whole by definition: every frame passes through it. */
export class History {
  /**
   * @param {{protocol: object, meId: string, isHost: boolean, onPast: (message: object) => Promise<void>,
   *   now?: () => number}} options
   *   onPast: a message that somebody's history has and we had not
   */
  constructor({ protocol, meId, isHost, onPast, now = () => Date.now() }) {
    this.protocol = protocol;
    this.meId = meId;
    this.isHost = isHost;
    this.onPast = onPast;
    this.now = now;
    this.chains = new Map();
    this.gaps = [];
    this.asking = new Asking(protocol.peer);
    this.reason = "late_join"; // why blocks may be missing now
    this.roomKey = null;
  }

  /** The chain of this sender, begun where there is none. */
  of(senderId) {
    if (!this.chains.has(senderId)) {
      const chain = new Chain(senderId, this.protocol.peer.blocks_per_chunk);
      this.chains.set(senderId, { chain, whole: this.isHost, waiting: [] });
      if (!this.isHost) this.asking.want(senderId);
    }
    return this.chains.get(senderId);
  }

  /** Takes in a message that was just sent, by anybody. */
  async record(message) {
    const entry = this.of(message.senderId);
    if (entry.whole && this.roomKey !== null) await this.#append(entry, message);
    else entry.waiting.push(message);
  }

  /** The channel to the broadcaster is open, anew or for the first time. */
  opened(again) {
    this.reason = again ? "network_partition" : "late_join";
    this.asking.forgetAnswers();
    for (const [senderId, entry] of this.chains) {
      // One's own chain is known best by oneself, once it was seen whole.
      if (senderId === this.meId && entry.whole) continue;
      entry.whole = false;
      this.asking.want(senderId);
    }
  }

  /** The channel is lost: whatever was asked for does not come. */
  lost() {
    for (const [senderId, entry] of this.chains) {
      if (!entry.whole && this.asking.wants(senderId)) this.#gap(senderId, entry.chain.next, null, "peer_offline");
    }
  }

  /** What to ask for now: pairs of sender and newest block (or null). */
  due() {
    return this.asking.due(this.now()).map((senderId) => [senderId, this.of(senderId).chain.last]);
  }

  /** Gives up on answers that do not come. */
  async overdue() {
    for (const senderId of this.asking.overdue(this.now())) {
      const entry = this.of(senderId);
      this.#gap(senderId, entry.chain.next, null, "sync_timeout");
      await this.#complete(senderId, entry);
    }
  }

  /** The sync_response to somebody's sync_request. */
  answer(request) {
    const blocks = this.chains.get(senderIn(request.chainId))?.chain.blocks ?? [];
    return answer(blocks, request, this.meId, this.protocol.batch);
  }

  /** The blocks of one's own chain in a chunk. */
  chunk(chunkId) {
    return (this.chains.get(this.meId)?.chain.blocks ?? []).filter((block) => block.chunkId === chunkId);
  }

  /** Takes in a sync_response. One that nobody asked for is good where its blocks are. */
  async take(response) {
    const senderId = senderIn(response.chainId);
    const entry = this.of(senderId);
    const asked = this.asking.answered(senderId);
    const wrong = await batchComplaint(response);
    if (wrong !== null) return this.#refused(senderId, entry, entry.chain.next, "storage_corruption", asked, response);
    const first = entry.chain.next;
    for (const block of response.blocks) {
      if (block.blockNumber < entry.chain.next) continue;
      if (block.blockNumber > entry.chain.next) {
        return this.#refused(senderId, entry, block.blockNumber - 1, "unknown", asked, response);
      }
      if (this.#unfit(block) || (await entry.chain.accept(block, this.roomKey)) !== null) {
        return this.#refused(senderId, entry, block.blockNumber, "storage_corruption", asked, response);
      }
      await this.onPast(block.data.message);
    }
    if (asked && entry.chain.next > first) this.#gap(senderId, first, entry.chain.next - 1, this.reason, true);
    if (response.hasMore && response.blocks.length > 0) this.asking.want(senderId);
    else if (asked) await this.#complete(senderId, entry);
  }

  /** The room key is here: what waited for it can be signed. */
  async keyed(roomKey) {
    this.roomKey = roomKey;
    for (const entry of this.chains.values()) if (entry.whole) await this.#flush(entry);
  }

  // -- inside

  /** A block whose message is no valid one. */
  #unfit(block) {
    const { message } = block.data;
    return frameComplaint(message, this.protocol) !== null || !isChat(message);
  }

  /** Blocks are missing or false: asks again a few times, then goes on behind the gap. */
  async #refused(senderId, entry, toBlock, reason, asked, response) {
    this.#gap(senderId, entry.chain.next, toBlock, reason);
    if (!asked) return this.asking.want(senderId);
    if (this.asking.failed(senderId)) return;
    for (const block of response.blocks) {
      const last = entry.chain.last;
      const follows = block.blockNumber === entry.chain.next && block.previousHash === (last?.blockHash ?? null);
      if (block.blockNumber < entry.chain.next || this.#unfit(block)) continue;
      // Behind a gap a block may begin anew; within it each has to follow the one before.
      if (!follows && last !== null && block.blockNumber === entry.chain.next) break;
      if ((await entry.chain.flaw(block, this.roomKey)) !== null) continue;
      entry.chain.skipTo(block);
      await this.onPast(block.data.message);
    }
    await this.#complete(senderId, entry);
  }

  async #complete(senderId, entry) {
    this.asking.done(senderId);
    entry.whole = true;
    if (this.roomKey !== null) await this.#flush(entry);
  }

  async #flush(entry) {
    const waiting = entry.waiting.splice(0);
    for (const message of waiting) await this.#append(entry, message);
  }

  async #append(entry, message) {
    if (!entry.chain.has(message.id)) await entry.chain.append(message, this.roomKey, this.now());
  }

  #gap(senderId, fromBlock, toBlock, reason, filled = false) {
    const known = this.gaps.find((gap) => gap.senderId === senderId && gap.fromBlock === fromBlock && !gap.filled);
    // What was wrong with a gap stays said, also once it is filled.
    if (known) Object.assign(known, { toBlock, filled }, filled ? {} : { reason });
    else this.gaps.push({ senderId, fromBlock, toBlock, reason, filled });
    if (this.gaps.length > GAPS) this.gaps.shift();
  }
}

/** The sender of a chainId, `roomId:senderId`; neither part has a colon. */
function senderIn(chainId) {
  return chainId.slice(chainId.indexOf(":") + 1);
}
