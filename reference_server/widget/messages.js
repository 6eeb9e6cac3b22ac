// The messages in the order in which they are shown: what comes live at the end, what a sync brings where it belongs.

/** Messages of one room. An entry is {id, senderId, name, text, at (epoch ms), own, state}. */
export class Messages {
  constructor() {
    this.entries = [];
    // What is missing was said between these two places: where the channel opened, and the first live message since.
    this.gap = { start: 0, end: 0 };
  }

  /** A new channel is open: what was said meanwhile goes here. */
  opened() {
    this.gap = { start: this.entries.length, end: this.entries.length };
  }

  /** A message that was just said. */
  add(entry) {
    this.entries.push(entry);
  }

  /** A message of the history; those of one sender come in their order. */
  addPast(entry) {
    let { start, end } = this.gap;
    while (end > start && !this.#before(this.entries[end - 1], entry)) end -= 1;
    this.entries.splice(end, 0, entry);
    this.gap.end += 1;
  }

  #before(first, second) {
    return first.senderId === second.senderId || first.at <= second.at;
  }
}
