// The broadcaster's side of signaling: posts an offer when somebody waits for one, reads the answer, makes a new room
// where the old one is gone. One offer is out at a time, for the room has one box of each kind.
import { Connection, ConnectionError } from "./connection.js";
import { delays } from "./reconnect.js";
import { Link } from "./link.js";
import { SignalingError } from "./signaling.js";
import { Bell, sleep } from "./time.js";

const OPEN_S = 8; // from the answer to the open channel

export class Host {
  /**
   * @param {{protocol: object, signaling: object, room: object, relayOnly: boolean, customName?: string,
   *   participants: number, onTrouble: (error: Error | null) => void}} options
   */
  constructor({ protocol, signaling, room, relayOnly, customName, participants, onTrouble }) {
    Object.assign(this, { protocol, signaling, room, relayOnly, customName, onTrouble });
    this.peer = protocol.peer;
    this.links = new Map(); // by the id that the server tells
    this.opening = new Set();
    this.waiting = new Set(); // who asked for an offer and has no connection
    this.fresh = new Set(); // opened since the last look: their knocks are answered already
    this.lost = new Map(); // viewers that may come back, with the timer that says they do not
    this.participants = participants;
    this.demand = true; // the spec has an offer posted at creation
    this.stale = false; // a link was lost since the offer was posted: its relay may be gone as well
    this.since = null;
    this.looks = 0;
    this.knocked = 0; // how often anybody asked so far
    this.bell = new Bell();
    this.stop = new AbortController();
  }

  get stopped() {
    return this.stop.signal.aborted;
  }

  start() {
    this.running = this.#run();
    this.beating = setInterval(() => this.beat(), this.protocol.timings.heartbeat_interval * 1000);
  }

  /** Ends everything; every peer connection is closed. */
  end() {
    this.stop.abort();
    this.bell.ring();
    clearInterval(this.beating);
    for (const { timer } of this.lost.values()) clearTimeout(timer);
    for (const connection of this.opening) connection.close();
    for (const link of this.links.values()) link.connection.close();
  }

  /** Keeps the room alive; makes a new one where it is gone. */
  async beat() {
    try {
      this.#count((await this.signaling.heartbeat(this.room.roomId))?.participantCount);
    } catch (error) {
      if (error.status === 404) await this.#remake();
      else if (error.status === 403) await this.#rejoin();
      else if (error.status === 429) this.onTrouble(error);
    }
  }

  /** A viewer said good-bye. */
  left(link) {
    this.room.closed(link);
    if (this.links.get(link.serverId) === link) this.links.delete(link.serverId);
    this.participants = Math.max(1, this.participants - 1); // so that its coming back is noticed
    // What is under way still arrives; closing at once would cut it off.
    setTimeout(() => link.connection.close(), 200);
  }

  // -- the loop

  async #run() {
    let waits = delays(this.peer);
    while (!this.stopped) {
      if (!this.demand && this.waiting.size === 0) {
        await this.bell.wait(this.protocol.timings.participant_look_interval);
        if (!this.stopped && !this.demand) await this.#look();
        continue;
      }
      try {
        this.demand = false;
        await this.#serve();
        waits = delays(this.peer);
        if (!this.stopped) await this.#look();
      } catch (error) {
        if (this.stopped) return;
        this.demand = true;
        const { value, done } = waits.next();
        this.onTrouble(error);
        if (error.status === 404 || error.status === 403) await this.beat();
        if (done) {
          this.demand = false; // until somebody knocks
          this.waiting.clear();
          waits = delays(this.peer);
        } else {
          await this.#pause(Math.max(value, error.retryAfter ?? 0), !error.retryAfter);
        }
      }
    }
  }

  /** Waits before the next try; a knock, where it may, ends the wait. */
  async #pause(seconds, mayEnd) {
    const step = this.protocol.timings.participant_look_interval;
    const knocked = this.knocked;
    for (let left = seconds; left > 0 && !this.stopped; left -= step) {
      await sleep(Math.min(step, left), this.stop.signal);
      if (this.stopped || left <= step) return;
      await this.#look();
      if (mayEnd && this.knocked > knocked) return;
    }
  }

  /** One offer, until it is answered or nobody wants it any more. */
  async #serve() {
    const { poll_interval, participant_look_interval, offer_lifetime } = this.protocol.timings;
    this.stale = false;
    const iceServers = await iceServersOf(this.signaling, this.relayOnly);
    const attempt = this.#connection(iceServers);
    try {
      await this.signaling.sendOffer(this.room.roomId, await attempt.connection.offer());
      this.onTrouble(null);
      const knocked = this.knocked;
      for (let polled = 0; polled < offer_lifetime + participant_look_interval; polled += poll_interval) {
        await this.bell.wait(poll_interval);
        if (this.stopped) return;
        const mail = await this.signaling.takeAnswer(this.room.roomId).catch(passing);
        if (mail) {
          attempt.answered(mail);
          this.waiting.delete(mail.fromUserId); // the others get an offer of their own
          return;
        }
        if (this.stale) {
          this.demand = true; // a new offer takes the place of this one before who was lost comes back
          return;
        }
        // Somebody else knocks: the offer was taken by one who does not answer, or has ended.
        if ((polled + poll_interval) % participant_look_interval === 0) {
          await this.#look();
          if (this.knocked > knocked) return;
        }
      }
      this.waiting.clear(); // whoever still wants one knocks again
    } finally {
      attempt.giveUp();
    }
  }

  /** A connection that becomes a link once its answer is here and its channel open. */
  #connection(iceServers) {
    let link = null;
    let late = null;
    const connection = new Connection({
      iceServers,
      relayOnly: this.relayOnly,
      channel: this.protocol.channel,
      onOpen: () => {
        clearTimeout(late);
        this.opening.delete(connection);
        if (link) this.#opened(link);
      },
      onText: (text) => link && this.room.receive(link, text),
      onLost: () => {
        clearTimeout(late);
        this.opening.delete(connection);
        if (link) this.#lost(link);
      },
      onCandidate: (candidate) => link?.send(JSON.stringify(this.room.frames.candidate(candidate))),
    });
    this.opening.add(connection);
    return {
      connection,
      answered: ({ answer, fromUserId }) => {
        link = new Link(this.room.anonymous ? null : fromUserId, connection);
        link.serverId = fromUserId;
        late = setTimeout(() => connection.isOpen || connection.close(), OPEN_S * 1000);
        connection.accept(answer).catch(() => connection.close());
      },
      giveUp: () => {
        if (link === null) {
          this.opening.delete(connection);
          connection.close();
        }
      },
    };
  }

  async #opened(link) {
    await this.room.ready;
    if (this.stopped || !link.connection.isOpen) return;
    const former = this.links.get(link.serverId);
    if (former) {
      former.connection.close();
      this.room.closed(former);
    }
    clearTimeout(this.lost.get(link.serverId)?.timer);
    this.lost.delete(link.serverId);
    this.links.set(link.serverId, link);
    this.fresh.add(link.serverId);
    this.room.opened(link, former !== undefined);
  }

  /** A channel is gone without a word: its viewer is expected back. */
  #lost(link) {
    if (this.links.get(link.serverId) !== link) return;
    this.links.delete(link.serverId);
    this.room.closed(link);
    const told = setTimeout(() => link.peerId && this.room.gone(link.peerId), this.peer.silence * 1000);
    this.lost.set(link.serverId, { timer: told });
    this.stale = true;
    this.bell.ring();
    setTimeout(() => {
      this.demand ||= this.lost.has(link.serverId);
      this.bell.ring();
    }, this.peer.reconnect_first * 1000);
  }

  /** Nothing was heard on this channel for too long. */
  silent(link) {
    link.connection.close();
    this.#lost(link);
  }

  // -- who wants an offer?

  /** Candidates and rooms are asked for in turn, so that no target's floor for unbudgeted operations is reached. */
  async #look() {
    this.looks += 1;
    try {
      if (this.looks % 2 === 1 || this.lost.size > 0) await this.#knocks();
      else await this.#counts();
    } catch (error) {
      if (error.status === 404 || error.status === 403) await this.beat();
      else if (!(error instanceof SignalingError)) throw error;
    }
  }

  async #counts() {
    const rooms = await this.signaling.listRooms();
    this.#count(rooms.find(({ roomId }) => roomId === this.room.roomId)?.participantCount);
  }

  async #knocks() {
    const roomId = this.room.roomId;
    const { candidates, next } = await this.signaling.candidates(roomId, this.since);
    if (roomId !== this.room.roomId) return;
    this.since = next;
    const fresh = this.fresh;
    this.fresh = new Set();
    for (const { fromUserId, candidate } of candidates) {
      const isKnock = candidate === "" && !fresh.has(fromUserId);
      if (!isKnock && this.links.has(fromUserId)) continue;
      this.waiting.add(fromUserId);
      this.knocked += 1;
    }
  }

  /** More people are in the room than before, and than have a channel: one of them wants an offer. */
  #count(participants) {
    if (!Number.isInteger(participants)) return;
    if (participants > this.participants && participants - 1 > this.links.size) {
      this.demand = true;
      this.bell.ring();
    }
    this.participants = participants;
  }

  // -- the room on the server

  async #rejoin() {
    const { roomId, me } = this.room;
    await this.signaling.joinRoom(roomId, me.id, me.name).catch((error) => this.onTrouble(error));
  }

  /** The server lost the room: a new one takes its place, and open channels go on in it. */
  async #remake() {
    if (this.remaking || this.stopped) return;
    this.remaking = true;
    try {
      const { id, name } = this.room.me;
      const fields = { broadcasterId: id, broadcasterName: name };
      if (this.customName) fields.customName = this.customName;
      const made = await this.signaling.createRoom(fields);
      this.since = null;
      this.fresh.clear();
      this.participants = made.participantCount;
      this.room.move(made.roomId);
      this.onTrouble(null);
    } catch (error) {
      this.onTrouble(error);
    } finally {
      this.remaking = false;
    }
  }
}

/** The ICE servers as RTCPeerConnection takes them; none where the server has none and none is needed. */
export async function iceServersOf(signaling, relayOnly) {
  try {
    return await signaling.iceServers();
  } catch (error) {
    if (error.status !== 404) throw error;
    if (relayOnly) throw new ConnectionError("The server knows no relay (TURN) server, so no connection can be made.");
    return [];
  }
}

/** What passes by itself is waited out. */
function passing(error) {
  if (error.status === null || error.status === 429 || error.status >= 500) return null;
  throw error;
}
