// Messages on this device, sealed with a key that no script can read: each user's apart, for some days, so many a room.
import { beginningWith, Database, result } from "./database.js";

const DAY_MS = 86_400_000;
const ALGORITHM = { name: "AES-GCM", length: 256 };
const IV_BYTES = 12; // NIST SP 800-38D, 8.2.2
const PARTS = 10; // where there is no space, this part of all that is kept goes, the oldest first
const TRIES = 3;

export class StoreFull extends Error {}

/** What one user's messages are kept in. Everything may fail with a DOMException where there is no database. */
export class Store {
  /**
   * @param {{owner: string, bounds: {days: number, messages_per_room: number}, now?: () => number}} options
   *   owner: the id of the user; `now` in epoch milliseconds
   */
  constructor({ owner, bounds, now = () => Date.now() }) {
    this.owner = owner;
    this.ageMs = bounds.days * DAY_MS;
    this.most = bounds.messages_per_room;
    this.now = now;
    this.number = 0;
    this.database = new Database();
  }

  /**
   * Keeps messages of a room, in their order; those that are kept already stay as they are.
   * Fails with StoreFull where the browser has no space, also when the oldest of all have gone.
   */
  async add(room, entries) {
    const sealed = await this.#sealed(room, entries);
    for (let left = TRIES; ; left -= 1) {
      try {
        return await this.#put(room, sealed);
      } catch (error) {
        if (error?.name !== "QuotaExceededError") throw error;
        if (left === 0) throw new StoreFull();
      }
      await this.#dropOldest();
    }
  }

  /** The messages of a room that are kept, the oldest first. */
  async read(room) {
    await this.clean();
    return (await this.#open(beginningWith(this.owner, room))).map(({ entry }) => entry);
  }

  /** All that is kept: {room, entry}, by rooms. */
  async all() {
    return this.#open(beginningWith(this.owner));
  }

  /** @returns {Promise<{on: boolean, messages: number, rooms: number}>} whether and how much is kept */
  async state() {
    return this.database.run("readonly", async (store) => {
      const keys = await result(store("messages").getAllKeys(beginningWith(this.owner)));
      const on = await this.#isOn(store);
      return { on, messages: keys.length, rooms: new Set(keys.map(([, room]) => room)).size };
    });
  }

  /** Whether messages are kept from now on; where not, nothing that was stays. */
  async keep(on) {
    await this.database.run("readwrite", async (store) => {
      store("settings").put({ owner: this.owner, on });
      if (!on) store("messages").delete(beginningWith(this.owner));
    });
  }

  /** Removes what is kept of a room, or of all. */
  async clear(room = null) {
    const range = room === null ? beginningWith(this.owner) : beginningWith(this.owner, room);
    await this.database.run("readwrite", async (store) => store("messages").delete(range));
  }

  /** Removes what is too old: of every user, for the others may never come back. */
  async clean() {
    await this.database.run("readwrite", (store) => this.#dropOld(store("messages")));
  }

  async close() {
    await this.database.close();
  }

  // -- inside

  async #put(room, records) {
    await this.database.run("readwrite", async (store) => {
      if (!(await this.#isOn(store))) return;
      const messages = store("messages");
      for (const record of records) {
        const known = await result(messages.getKey([record.owner, record.room, record.id]));
        if (known === undefined) messages.put(record);
      }
      await this.#dropOld(messages);
      await this.#dropSurplus(messages, room);
    });
  }

  async #isOn(store) {
    return (await result(store("settings").get(this.owner)))?.on ?? true;
  }

  async #dropOld(messages) {
    const old = IDBKeyRange.upperBound(this.now() - this.ageMs);
    for (const key of await result(messages.index("at").getAllKeys(old))) messages.delete(key);
  }

  async #dropSurplus(messages, room) {
    const index = messages.index("room");
    const range = beginningWith(this.owner, room);
    const surplus = (await result(index.count(range))) - this.most;
    if (surplus <= 0) return;
    for (const key of await result(index.getAllKeys(range, surplus))) messages.delete(key);
  }

  async #dropOldest() {
    await this.database.run("readwrite", async (store) => {
      const messages = store("messages");
      const count = Math.ceil((await result(messages.count())) / PARTS);
      if (count === 0) return;
      for (const key of await result(messages.index("at").getAllKeys(null, count))) messages.delete(key);
    });
  }

  // -- sealing

  async #sealed(room, entries) {
    const key = await this.#key();
    const sealed = entries.map(async ({ id, senderId, name, text, at: told }) => {
      const now = this.now();
      const at = Number.isFinite(told) ? told : now;
      this.number = Math.max(this.number + 1, now * 1000); // in the order in which they came, over all visits
      // Who says that a message is of tomorrow does not keep it longer.
      const record = { owner: this.owner, room, id, at: Math.min(at, now), number: this.number };
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const plain = new TextEncoder().encode(JSON.stringify({ id, senderId, name, text, at }));
      return { ...record, iv, data: await crypto.subtle.encrypt(this.#how(record, iv), key, plain) };
    });
    const oldest = this.now() - this.ageMs;
    return (await Promise.all(sealed)).filter(({ at }) => at > oldest);
  }

  async #open(range) {
    const records = await this.database.run("readonly", (store) =>
      result(store("messages").index("room").getAll(range)));
    if (records.length === 0) return [];
    const key = await this.#key();
    const opened = records.map(async (record) => {
      try {
        const plain = await crypto.subtle.decrypt(this.#how(record, record.iv), key, record.data);
        return { room: record.room, entry: JSON.parse(new TextDecoder().decode(plain)) };
      } catch {
        return null; // of an earlier key, or somebody was at it
      }
    });
    return (await Promise.all(opened)).filter((one) => one !== null);
  }

  /** A record is good in its place only: it cannot be passed off as another's, of another room or as newer. */
  #how({ owner, room, id, at }, iv) {
    const place = new TextEncoder().encode(JSON.stringify([owner, room, id, at]));
    return { name: ALGORITHM.name, iv, additionalData: place };
  }

  /** The user's key in this browser. Another tab may make it at the same moment: the first one is taken. */
  async #key() {
    const found = await this.database.run("readonly", (store) => result(store("keys").get(this.owner)));
    if (found !== undefined) return found.key;
    const key = await crypto.subtle.generateKey(ALGORITHM, false, ["encrypt", "decrypt"]);
    return this.database.run("readwrite", async (store) => {
      const first = await result(store("keys").get(this.owner));
      if (first !== undefined) return first.key;
      store("keys").put({ owner: this.owner, key });
      return key;
    });
  }
}
