// The browser's database for kept messages: its stores, and IndexedDB's requests as promises. Knows no message.

const NAME = "parley-chat-history";
const VERSION = 1;
const ABOVE_ALL = []; // IndexedDB orders arrays behind numbers, dates, strings and bytes

/** All keys that begin with these parts. */
export function beginningWith(...parts) {
  return IDBKeyRange.bound(parts, [...parts, ABOVE_ALL]);
}

/** The result of a request. Within a transaction it may be waited for: nothing else may. */
export function result(request) {
  return new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
}

export class Database {
  #open = null;

  /**
   * Runs the work in one transaction and waits until it is on disk; what the work gives is the result.
   * Fails with a DOMException: QuotaExceededError where there is no space left, others where there is no database.
   */
  async run(mode, work) {
    const database = await this.#opened();
    const transaction = database.transaction(["messages", "keys", "settings"], mode);
    const finished = new Promise((done, failed) => {
      transaction.oncomplete = done;
      transaction.onabort = () => failed(transaction.error ?? new DOMException("aborted", "AbortError"));
    });
    const [worked, ended] = await Promise.allSettled([work((name) => transaction.objectStore(name)), finished]);
    // What ended the transaction is the cause; what the work says then is a consequence.
    if (ended.status === "rejected") throw ended.reason;
    if (worked.status === "rejected") throw worked.reason;
    return worked.value;
  }

  async close() {
    const opened = this.#open;
    this.#open = null;
    await opened?.then((database) => database.close(), () => {});
  }

  #opened() {
    this.#open ??= open(() => (this.#open = null)).catch((error) => {
      this.#open = null;
      throw error;
    });
    return this.#open;
  }
}

/** `gone`: it was closed from outside; next time it is opened anew. */
async function open(gone) {
  const request = indexedDB.open(NAME, VERSION); // throws where a page may have none
  request.onupgradeneeded = () => {
    const database = request.result;
    const messages = database.createObjectStore("messages", { keyPath: ["owner", "room", "id"] });
    messages.createIndex("room", ["owner", "room", "at", "number"]);
    messages.createIndex("at", "at");
    database.createObjectStore("keys", { keyPath: "owner" });
    database.createObjectStore("settings", { keyPath: "owner" });
  };
  const database = await result(request);
  database.onclose = gone;
  database.onversionchange = () => {
    gone();
    database.close(); // another tab wants to remove or to renew it
  };
  return database;
}
