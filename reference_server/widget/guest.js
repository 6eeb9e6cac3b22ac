// The viewer's side of signaling: knocks, takes an offer, answers it; comes back with growing waits after a loss.
import { Connection, ConnectionError } from "./connection.js";
import { iceServersOf } from "./host.js";
import { delays } from "./reconnect.js";
import { Link } from "./link.js";
import { SignalingError } from "./signaling.js";
import { sleep } from "./time.js";

const OPEN_MS = 8_000; // from the answer to the open channel
const NO_HOST = "The host of the room does not answer. Please try again in a while.";

export class Guest {
  /**
   * @param {{protocol: object, signaling: object, room: object, relayOnly: boolean,
   *   onState: (state: "open" | "lost" | "over", about?: {wait?: number, tried?: number, error?: Error}) => void,
   *   onTrouble: (error: Error) => void, onSettled: (roomId: string) => void}} options
   *   onSettled: one is in the room that goes on under this id, and the server says that it is the same host's
   */
  constructor({ protocol, signaling, room, relayOnly, onState, onTrouble, onSettled }) {
    Object.assign(this, { protocol, signaling, room, relayOnly, onState, onTrouble, onSettled });
    this.link = null;
    this.attempt = null;
    this.opened = 0;
    this.stop = new AbortController();
  }

  get stopped() {
    return this.stop.signal.aborted;
  }

  /** Connects for the first time. @throws {Error} with words for people */
  async start() {
    this.beating = setInterval(() => this.#beat(), this.protocol.timings.heartbeat_interval * 1000);
    await this.#connect(this.protocol.limits.knocks);
  }

  end() {
    this.stop.abort();
    clearInterval(this.beating);
    this.attempt?.close();
    this.link?.connection.close();
  }

  /** Nothing was heard for too long. */
  silent(link) {
    link.connection.close();
    this.#lost(link);
  }

  /** The room has a new id: one has to be in it to come back after a loss. */
  async moved() {
    await this.#join().catch(() => {}); // else with the next heartbeat
  }

  /** A host may name any room's id as the new one: whose it is the server tells. */
  async #join() {
    const { roomId, hostId, me } = this.room;
    const { broadcasterId } = await this.signaling.joinRoom(roomId, me.id, me.name);
    if (hostId !== null && broadcasterId === hostId && roomId === this.room.roomId) this.onSettled(roomId);
  }

  // -- connecting

  /**
   * Takes an offer, knocking for it where there is none, and answers it.
   * @throws {Error} with words for people
   */
  async #connect(knocks) {
    const { poll_interval, participant_look_interval } = this.protocol.timings;
    // A broadcaster looks for candidates every second time that it looks.
    const patience = 2 * participant_look_interval;
    for (let knocked = 0; !this.stopped; ) {
      const roomId = this.room.roomId;
      const mail = await this.signaling.takeOffer(roomId);
      if (this.stopped) return;
      if (mail && (await this.#answer(roomId, mail))) return;
      if (knocked >= knocks) break;
      knocked += 1;
      await this.signaling.knock(roomId);
      for (let waited = 0; waited < patience && !this.stopped; waited += poll_interval) {
        await sleep(poll_interval, this.stop.signal);
        if (this.stopped) return;
        const later = await this.signaling.takeOffer(this.room.roomId);
        if (later && (await this.#answer(this.room.roomId, later))) return;
      }
    }
    throw new ConnectionError(NO_HOST);
  }

  /** Answers an offer; true once the channel is open. @throws {Error} where no answer can be made */
  async #answer(roomId, { offer, fromUserId }) {
    const iceServers = await iceServersOf(this.signaling, this.relayOnly);
    if (this.stopped) return false;
    let opened;
    const open = new Promise((resolve) => (opened = resolve));
    const connection = new Connection({
      iceServers,
      relayOnly: this.relayOnly,
      channel: this.protocol.channel,
      onOpen: () => {
        this.#opened(link);
        opened(true);
      },
      onText: (text) => this.room.receive(link, text),
      onLost: () => {
        opened(false);
        this.#lost(link);
      },
      onCandidate: (candidate) => link.send(JSON.stringify(this.room.frames.candidate(candidate))),
    });
    const link = new Link(this.room.hostId ?? fromUserId, connection);
    this.attempt = connection;
    const late = setTimeout(() => opened(false), OPEN_MS);
    try {
      await this.signaling.sendAnswer(roomId, await connection.answer(offer));
      const works = await open;
      if (!works) connection.close();
      return works;
    } catch (error) {
      connection.close();
      if (error instanceof SignalingError || error instanceof ConnectionError) throw error;
      return false; // an offer that the browser does not understand: there may be a better one
    } finally {
      clearTimeout(late);
      this.attempt = null;
    }
  }

  #opened(link) {
    this.link = link;
    this.opened += 1;
    this.room.opened(link, this.opened > 1);
    this.onState("open");
  }

  // -- coming back

  #lost(link) {
    if (this.link !== link) return;
    this.link = null;
    this.room.closed(link);
    if (!this.stopped) this.#reconnect();
  }

  async #reconnect() {
    let tried = 0;
    let error = null;
    for (const wait of delays(this.protocol.peer)) {
      tried += 1;
      this.onState("lost", { wait, tried, error });
      await sleep(Math.max(wait, error?.retryAfter ?? 0), this.stop.signal);
      if (this.stopped) return;
      try {
        await this.#connect(1);
        return;
      } catch (found) {
        error = found;
        await this.#recover(found);
      }
      if (this.stopped) return;
    }
    this.onState("over", { error });
  }

  /** What can be done about a refusal before the next try. */
  async #recover(error) {
    const { roomId, hostId, me } = this.room;
    try {
      if (error.status === 403) await this.#join();
      if (error.status !== 404) return;
      // The room is gone. Its broadcaster makes another, and tells those whose channel is open.
      const made = (await this.signaling.listRooms()).find((room) => hostId !== null && room.broadcasterId === hostId);
      if (made === undefined || made.roomId === roomId) return;
      await this.signaling.joinRoom(made.roomId, me.id, me.name);
      this.room.move(made.roomId);
    } catch (found) {
      if (!(found instanceof SignalingError)) throw found;
    }
  }

  async #beat() {
    try {
      await this.signaling.heartbeat(this.room.roomId);
    } catch (error) {
      if (error.status === 403) await this.#join().catch(() => {});
      if (error.status === 429) this.onTrouble(error);
      // A 404 is the broadcaster's to mend: it tells the new room's id.
    }
  }
}
