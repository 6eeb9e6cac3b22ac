// Keeps a user's messages on this device, brings them back when a room is entered again, and does what the user wants
// of them. The chat goes on whatever becomes of it: a browser may have no database, or no space.
import { Store, StoreFull } from "./store.js";

const CLEAN_MS = 60_000; // between two looks for what is too old
const FULL = "This browser has no space left: new messages are not kept on this device.";
const BROKEN = "This browser does not store messages now: new ones are not kept on this device.";
const NONE = "This browser keeps nothing for this page (in a private window, for instance).";
const FORMAT = "parley-chat-history";

export class Keeping {
  /**
   * @param {{protocol: object, me: {id: string, name: string}, view: KeptView, notice: (text: string) => void}} options
   *   notice: tells the user something
   */
  constructor({ protocol, me, view, notice }) {
    const { history } = protocol.page;
    Object.assign(this, { me, view, notice, bounds: history });
    this.store = new Store({ owner: me.id, bounds: history });
    this.room = null;
    this.roomId = null; // under which its messages are kept
    this.waiting = []; // [room id, message] that are not stored yet
    this.work = null; // storing under way
    this.stopped = false; // there is no database, or no space
    this.cleared = new Set(); // ids of messages in view that the user wants kept no more
    view.on = {
      opened: () => this.#shown(),
      keep: (on) => this.#keep(on),
      clear: (all) => this.#clear(all),
      save: () => this.#save(),
    };
    this.cleaning = setInterval(() => this.#quietly(() => this.store.clean()), CLEAN_MS);
    this.#quietly(() => this.store.clean());
  }

  /** A room is entered: what is kept of it comes back. */
  async enter(room) {
    this.room = room;
    this.roomId = room.roomId;
    const entries = await this.#quietly(() => this.store.read(room.roomId));
    if (this.room !== room || !entries?.length) return;
    room.messages.restore(entries.map((entry) => ({ ...entry, own: entry.senderId === this.me.id, state: "sent" })));
    room.on.changed();
  }

  /** The room goes on under another id: so does what is kept of it. What was there goes once it is stored again. */
  async moved(roomId) {
    const before = this.roomId;
    if (roomId === before) return;
    this.roomId = roomId;
    this.#keepAll();
    await this.work;
    if (!this.stopped) await this.#quietly(() => this.store.clear(before));
  }

  left() {
    this.room = null;
  }

  /** A message was said. */
  add(entry) {
    if (this.stopped || this.room === null) return;
    this.waiting.push([this.roomId, entry]);
    this.work ??= this.#flush().finally(() => (this.work = null));
  }

  async end() {
    clearInterval(this.cleaning);
    this.room = null;
    await this.work;
    await this.store.close();
  }

  // -- storing

  /** Of a flood many are stored together: while some are, others come. */
  async #flush() {
    while (this.waiting.length > 0 && !this.stopped) {
      const [room] = this.waiting[0];
      const behind = this.waiting.findIndex(([other]) => other !== room);
      const entries = this.waiting.splice(0, behind < 0 ? this.waiting.length : behind).map(([, entry]) => entry);
      try {
        await this.store.add(room, entries);
      } catch (error) {
        this.stopped = true;
        this.waiting = [];
        this.notice(error instanceof StoreFull ? FULL : BROKEN);
      }
    }
  }

  #keepAll() {
    for (const entry of this.room?.messages.entries ?? []) {
      if (entry.state === "sent" && !this.cleared.has(entry.id)) this.add(entry);
    }
  }

  /** Nobody waits for this, and nothing depends on it. */
  async #quietly(work) {
    try {
      return await work();
    } catch {
      return null;
    }
  }

  // -- what the user wants

  async #shown() {
    try {
      this.view.show({ ...(await this.store.state()), ...this.bounds, inRoom: this.room !== null });
    } catch {
      this.view.show(null, NONE);
    }
  }

  async #keep(on) {
    await this.work;
    await this.#quietly(() => this.store.keep(on));
    this.stopped = false; // there may be space now
    if (on) this.#keepAll();
    await this.work;
    await this.#shown();
  }

  async #clear(all) {
    await this.work;
    for (const { id } of this.room?.messages.entries ?? []) this.cleared.add(id);
    await this.#quietly(() => this.store.clear(all ? null : this.roomId));
    this.stopped = false;
    await this.#shown();
  }

  /** All of it as JSON, for a file. */
  async #save() {
    const rooms = {};
    for (const { room, entry } of (await this.#quietly(() => this.store.all())) ?? []) {
      const { id, senderId, name: senderName, text: content, at } = entry;
      const timestamp = new Date(at).toISOString();
      (rooms[room] ??= []).push({ id, senderId, senderName, timestamp, content });
    }
    const { id, name } = this.me;
    const told = { format: FORMAT, version: 1, savedAt: new Date().toISOString(), user: { id, name }, rooms };
    return new Blob([JSON.stringify(told, null, 1)], { type: "application/json" });
  }
}
