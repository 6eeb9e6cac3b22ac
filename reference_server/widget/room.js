// One room as a peer lives it: takes frames from its channels, hands them on where it is the broadcaster, keeps
// messages, people and history. It opens no connection (host.js and guest.js do).
import { canonical, ChainError } from "./chain.js";
import { makeRoomKey } from "./envelope.js";
import { contentComplaint, Frames, isChat, isForAll, isMessage, readFrame, senderOf, typeOf } from "./frames.js";
import { History } from "./history.js";
import { RoomKeys } from "./keys.js";
import { Messages } from "./messages.js";
import { Outbox } from "./outbox.js";
import { People } from "./people.js";
import { isSilent } from "./reconnect.js";
import { complaint } from "./schema.js";

const TICK_MS = 250;
const KEY_WAIT_MS = 1_000; // then the room key is asked for
const KNOWN_IDS = 20_000;

export class Room {
  /**
   * @param {{protocol: object, me: {id: string, name: string}, roomId: string, isHost: boolean,
   *   hostId: string | null, on: {changed: () => void, notice: (text: string) => void,
   *   moved: (roomId: string) => void, hostLeft: () => void, guestLeft: (link: Link) => void,
   *   silent: (link: Link) => void, closed?: (link: Link) => void, voice?: (link: Link, frame: object) => void,
   *   said?: (message: object) => void}}} options said: a message is out, or came
   */
  constructor({ protocol, me, roomId, isHost, hostId, on }) {
    Object.assign(this, { protocol, me, roomId, isHost, hostId, on });
    this.roomIds = new Set([roomId]);
    this.links = new Set();
    this.seen = new Set([]);
    this.dropped = 0;
    this.status = "online";
    this.keys = new RoomKeys(protocol);
    this.outbox = new Outbox((text) => this.#post(text), protocol.peer.sync_timeout * 1000);
    this.said = new Map(); // newest presence of each person, as it came
    this.frames = new Frames(me, () => this.roomId);
    this.messages = new Messages(on.said);
    this.people = new People(protocol.peer.typing_shown, on.changed);
    this.history = new History({ protocol, meId: me.id, isHost, onPast: (message) => this.#past(message) });
    this.work = Promise.resolve();
    this.outgoing = this.keys.ready;
    this.ticking = setInterval(() => this.#tick(), TICK_MS);
    this.people.be(me.id, me.name, "online");
    this.history.of(me.id);
    if (isHost) this.#queue(() => this.#useKey(makeRoomKey(protocol.peer.room_key_bytes)));
  }

  // -- what a person does

  /** Why the text cannot be sent, or null where it was taken. `besides`: what else its frame says. */
  say(text, besides = {}) {
    const why = contentComplaint(text, this.protocol);
    if (why !== null) return why;
    const frame = { ...this.frames.chat("message", text), ...besides };
    this.seen.add(frame.id);
    const entry = { id: frame.id, senderId: this.me.id, name: this.me.name, text, own: true, state: "waiting" };
    this.messages.add({ ...entry, at: Date.parse(frame.timestamp) });
    this.outgoing = this.outgoing.then(async () => {
      // Sealed always: there is no way to send plain text, also not by mistake.
      const encryptedData = await this.keys.seal(text, Date.parse(frame.timestamp));
      const sealed = { ...frame, content: "", encrypted: true, encryptedData };
      this.#out(this.outbox.put(frame.id, JSON.stringify(sealed), this.isHost));
      await this.#queue(() => this.history.record(sealed));
    });
    this.on.changed();
    return null;
  }

  typing = () => this.#tellAll(this.frames.typing());
  typingStop = () => this.#tellAll(this.frames.typingStop());

  /** @param {"online" | "away"} status */
  be(status) {
    this.status = status;
    this.people.be(this.me.id, this.me.name, status);
    this.#tellAll(this.frames.presence(status));
  }

  /** Says good-bye. The channels are closed by who opened them. */
  leave() {
    this.#tellAll(this.frames.typingStop());
    this.#tellAll(this.frames.presence("offline"));
    this.end();
  }

  end() {
    clearInterval(this.ticking);
    this.people.end();
  }

  // -- the life of channels

  /** A channel is open. `again`: there was one to this peer before. */
  opened(link, again = false) {
    this.links.add(link);
    link.openedAt = Date.now();
    if (this.isHost) {
      link.answered = true; // the broadcaster speaks first; what it says is asked for again, or said again
      this.#tell(link, this.frames.keyResponse(this.keys.text, this.keys.hash));
      this.#tell(link, this.frames.presence(this.status));
      // So that a late one knows whose history to ask for, also of those who went.
      for (const [id, text] of this.said) if (id !== link.peerId) link.send(text);
    } else {
      this.#tell(link, this.frames.presence(this.status));
      this.#tell(link, this.frames.peerInfo());
      this.messages.opened();
      if (this.hostId !== null) this.history.of(this.hostId);
      this.history.opened(again);
    }
    this.on.changed();
  }

  /** A channel is gone. */
  closed(link) {
    this.links.delete(link);
    this.on.closed?.(link);
    if (!this.isHost) {
      this.history.lost();
      this.outbox.lost(Date.now() - link.connection.quiet.page);
    }
    this.on.changed();
  }

  /** A viewer is not coming back, or not for now: the others are told, as it cannot. */
  gone(peerId) {
    if (this.people.all.get(peerId)?.status === "offline") return;
    const frame = this.frames.presence("offline", { id: peerId, name: this.people.name(peerId) });
    this.#presence(frame, JSON.stringify(frame));
    this.#tellAll(frame);
  }

  /** The room goes on under another id. The broadcaster tells the others. */
  move(roomId) {
    if (this.isHost) this.#tellAll(this.frames.chat("system", roomId));
    this.roomIds.add(roomId);
    this.roomId = roomId;
    this.on.moved(roomId);
  }

  // -- what comes

  /** Takes a frame of this channel. */
  receive(link, text) {
    if (!link.answered) this.#answered(link);
    const { frame } = readFrame(text, this.protocol);
    if (frame === undefined || !this.#belongs(link, frame)) {
      this.dropped += 1;
      return;
    }
    if (isChat(frame)) {
      if (this.seen.has(frame.id)) return; // known: neither shown again nor handed on
      this.#know(frame.id);
    }
    if (this.isHost && isForAll(frame)) for (const other of this.links) if (other !== link) other.send(text);
    this.#handle(link, frame, text);
  }

  #belongs(link, frame) {
    const room = frame.roomId ?? frame.chainId?.split(":")[0];
    if (room !== undefined && !this.roomIds.has(room)) return false;
    const sender = senderOf(frame);
    if (sender === this.me.id) return false;
    if (isMessage(frame) && !isChainable(frame)) return false;
    if (!this.isHost) return true;
    link.peerId ??= sender;
    return sender === null || sender === link.peerId;
  }

  #handle(link, frame, text) {
    switch (typeOf(frame)) {
      case "message":
        this.#meet(frame.senderId, frame.senderDisplayName ?? frame.senderName);
        this.people.typed(frame.senderId);
        return this.#queue(() => this.#message(frame));
      case "system":
        return this.#system(frame);
      case "join":
        return this.#comes(frame, "online");
      case "leave":
        return this.#comes(frame, "offline");
      case "typing":
        return this.people.type(frame.userId, frame.userName);
      case "typing_stop":
        return this.people.typed(frame.userId);
      case "presence":
        this.#presence(frame, text);
        if (frame.status === "offline") this.#left(link, frame.userId);
        return undefined;
      case "peer_info":
        return this.#introduced(frame.peer);
      case "ice-candidate":
        return frame.fromUserId === link.peerId ? link.connection.add(frame.candidate) : undefined;
      case "room_key_request":
        return this.isHost ? this.#tell(link, this.frames.keyResponse(this.keys.text, this.keys.hash)) : undefined;
      case "room_key_response":
        return this.isHost ? undefined : this.#queue(() => this.#keyGiven(frame));
      case "sync_request":
        return this.#queue(async () => this.#tell(link, await this.history.answer(frame)));
      case "sync_response":
        return this.isHost ? undefined : this.#queue(() => this.history.take(frame));
      case "voice_offer":
      case "voice_answer":
      case "voice_end":
        return this.on.voice?.(link, frame);
      case "chunk_request":
        return this.#queue(() => this.#tell(link, this.#chunk(frame.chunkId)));
      default:
        return undefined; // chunk_response: we never ask for one
    }
  }

  // -- chat

  async #message(frame) {
    const text = await this.#open(frame);
    await this.history.record(frame);
    if (text === null) {
      this.dropped += 1;
    } else {
      this.messages.add(this.#entry(frame, text));
    }
    this.on.changed();
  }

  async #past(frame) {
    if (this.seen.has(frame.id)) return;
    this.#know(frame.id);
    if (!isMessage(frame)) return;
    this.#meet(frame.senderId, frame.senderDisplayName ?? frame.senderName);
    const text = await this.#open(frame);
    if (text !== null) this.messages.addPast(this.#entry(frame, text));
    this.on.changed();
  }

  #entry(frame, text) {
    const { id, senderId } = frame;
    const own = senderId === this.me.id;
    const at = Date.parse(frame.timestamp);
    return { id, senderId, name: frame.senderDisplayName ?? frame.senderName, text, at, own, state: "sent" };
  }

  /** The text of a message, or null where it cannot be opened or is too long. */
  async #open(frame) {
    if (!frame.encrypted) return frame.content;
    const text = await this.keys.open(frame.encryptedData);
    return text !== null && contentComplaint(text, this.protocol) === null ? text : null;
  }

  #system(frame) {
    if (this.isHost || frame.senderId !== this.hostId) return;
    const isRoom = complaint(this.protocol.words.RoomId, frame.content) === null;
    if (isRoom && frame.content !== this.roomId) this.move(frame.content);
    else if (!isRoom && frame.content) this.on.notice(frame.content);
  }

  /** These messages of one's own are on their way: they are no longer shown as waiting. */
  #out(ids) {
    for (const id of ids) this.messages.sent(id);
    this.on.changed();
  }

  // -- people

  #presence(frame, text) {
    this.#meet(frame.userId, frame.userName);
    this.people.be(frame.userId, frame.userName, frame.status);
    this.said.set(frame.userId, text);
  }

  #comes(frame, status) {
    this.#meet(frame.senderId, frame.senderName);
    this.people.be(frame.senderId, frame.senderName, status);
  }

  #introduced(peer) {
    if (complaint(this.protocol.words.UserId, peer.userId) !== null) return;
    const named = complaint(this.protocol.words.Name, peer.userName) === null;
    this.#meet(peer.userId, named ? peer.userName : undefined);
    this.on.changed();
  }

  #meet(id, name) {
    this.people.meet(id, name);
    this.history.of(id);
  }

  #left(link, userId) {
    if (this.isHost && userId === link.peerId) this.on.guestLeft(link);
    else if (!this.isHost && userId === this.hostId) this.on.hostLeft();
  }

  // -- the room key

  async #keyGiven(frame) {
    this.hostId ??= frame.senderId;
    if (frame.senderId !== this.hostId || !(await this.keys.isTrue(frame))) {
      this.dropped += 1;
      return;
    }
    if (this.keys.text !== frame.roomKey) await this.#useKey(frame.roomKey);
    this.#meet(this.hostId);
  }

  async #useKey(text) {
    await this.keys.use(text);
    await this.history.keyed(text);
  }

  /** When the broadcaster's room can be told of: its key has a hash by then. */
  get ready() {
    return this.work;
  }

  // -- time

  #tick() {
    const now = Date.now();
    const { silence, keep_alive: keepAlive } = this.protocol.peer;
    for (const link of [...this.links]) {
      if (isSilent(link.connection.quiet, silence)) {
        this.on.silent(link);
        continue;
      }
      // Whoever counts frames alone hears some before it takes us for lost.
      if (now - link.sentAt >= keepAlive * 1000) this.#tell(link, this.frames.presence(this.status));
      if (!link.answered && now - link.openedAt >= KEY_WAIT_MS) this.#answered(link);
      if (!this.isHost && this.keys.text === null && now - link.openedAt >= KEY_WAIT_MS) {
        link.openedAt = now;
        this.#tell(link, this.frames.keyRequest());
      }
      if (!this.isHost && this.keys.text !== null) {
        for (const [senderId, last] of this.history.due()) this.#tell(link, this.frames.syncRequest(senderId, last));
      }
    }
    if (!this.isHost) this.#queue(() => this.history.overdue());
  }

  // -- inside

  #chunk(chunkId) {
    const chunk = { chunkId, chainId: `${this.roomId}:${this.me.id}` };
    return { type: "chunk_response", chunk, blocks: this.history.chunk(chunkId), responderId: this.me.id };
  }

  #tell(link, frame) {
    link.send(JSON.stringify(frame));
  }

  #tellAll(frame) {
    const text = JSON.stringify(frame);
    for (const link of this.links) link.send(text);
  }

  /**
   * What waited to be sent goes now. Not when the channel opens: what a browser is sent at that very moment it may
   * lose (Chromium 156 does, once in some fifty times on a busy machine), and a message must not be.
   */
  #answered(link) {
    link.answered = true;
    this.#out(this.outbox.again());
  }

  /** True where a channel took it that surely carries it. */
  #post(text) {
    let taken = false;
    for (const link of this.links) taken = (link.answered && link.send(text)) || taken;
    return taken;
  }

  #know(id) {
    this.seen.add(id);
    if (this.seen.size > KNOWN_IDS) this.seen.delete(this.seen.values().next().value);
  }

  /** One thing after the other: what takes WebCrypto's time keeps the order in which it came. */
  #queue(task) {
    this.work = this.work.then(task).catch((error) => {
      this.dropped += 1;
      this.fault = error;
    });
    return this.work;
  }
}

/** Frames whose numbers no chain can hold are refused as a whole: what is shown can be passed on. */
function isChainable(frame) {
  try {
    canonical(frame);
    return true;
  } catch (error) {
    if (error instanceof ChainError) return false;
    throw error;
  }
}
