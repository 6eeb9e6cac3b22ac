// The messages in the order in which they are shown: what comes live at the end, what a sync brings where it belongs,
// what this device kept before all that is later. None is there twice.

/** Messages of one room. An entry is {id, senderId, name, text, at (epoch ms), own, state, past?}. */
export class Messages {
  /** @param {(entry: object) => void} said called with each message that is out, once; not with restored ones */
  constructor(said = () => {}) {
    this.said = said;
    this.entries = [];
    this.ids = new Set();
    // What is missing was said between these two places: where the channel opened, and the first live message since.
    this.gap = { start: 0, end: 0 };
  }

  /** A new channel is open: what was said meanwhile goes here. */
  opened() {
    this.gap = { start: this.entries.length, end: this.entries.length };
  }

  /** A message that was just said. */
  add(entry) {
    if (this.#know(entry)) this.entries.push(entry);
  }

  /** A message of the history; those of one sender come in their order. */
  addPast(entry) {
    if (!this.#know({ ...entry, past: true })) return;
    let { start, end } = this.gap;
    while (end > start && !this.#before(this.entries[end - 1], entry)) end -= 1;
    this.entries.splice(end, 0, { ...entry, past: true });
    this.gap.end += 1;
  }

  /** A message of one's own is out now. */
  sent(id) {
    const entry = this.entries.findLast((one) => one.id === id);
    if (entry === undefined || entry.state === "sent") return;
    entry.state = "sent";
    this.said(entry);
  }

  /** Messages that were kept on this device, the oldest first. */
  restore(entries) {
    let place = 0;
    for (const entry of entries) {
      if (this.ids.has(entry.id)) continue;
      this.ids.add(entry.id);
      while (place < this.entries.length && this.entries[place].at <= entry.at) place += 1;
      this.entries.splice(place, 0, { ...entry, past: true });
      if (place <= this.gap.start) this.gap.start += 1;
      if (place <= this.gap.end) this.gap.end += 1;
      place += 1;
    }
  }

  /** True where it is new. */
  #know(entry) {
    if (this.ids.has(entry.id)) return false;
    this.ids.add(entry.id);
    if (entry.state === "sent") this.said(entry);
    return true;
  }

  #before(first, second) {
    return first.senderId === second.senderId || first.at <= second.at;
  }
}
