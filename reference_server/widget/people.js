// Who is in the room, and who is typing. Times run by the window's timers.

/** People of a room, by their id. `changed` is called when something of it is to be shown anew. */
export class People {
  /**
   * @param {number} typingShown seconds for which somebody is shown typing without a further frame
   * @param {() => void} changed
   */
  constructor(typingShown, changed) {
    this.typingShown = typingShown;
    this.changed = changed;
    this.all = new Map();
    this.timers = new Map();
  }

  /** Everybody who is not offline: {id, name, status}. */
  get present() {
    return [...this.all.values()].filter(({ status }) => status !== "offline");
  }

  /** The names of those who are typing. */
  get typing() {
    return [...this.timers.keys()].map((id) => this.name(id));
  }

  name(id) {
    return this.all.get(id)?.name ?? id;
  }

  /** Somebody was named in a frame; true where it is somebody new. */
  meet(id, name) {
    const known = this.all.get(id);
    if (known === undefined) this.all.set(id, { id, name: name ?? id, status: "offline" });
    else if (name) known.name = name;
    return known === undefined;
  }

  be(id, name, status) {
    this.meet(id, name);
    this.all.get(id).status = status;
    if (status === "offline") this.#stop(id);
    this.changed();
  }

  type(id, name) {
    this.meet(id, name);
    this.#stop(id);
    this.timers.set(id, setTimeout(() => this.typed(id), this.typingShown * 1000));
    this.changed();
  }

  /** Somebody types no longer. */
  typed(id) {
    if (this.#stop(id)) this.changed();
  }

  end() {
    for (const id of [...this.timers.keys()]) this.#stop(id);
  }

  #stop(id) {
    clearTimeout(this.timers.get(id));
    return this.timers.delete(id);
  }
}
