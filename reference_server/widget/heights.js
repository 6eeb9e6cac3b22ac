// How high the items of a long list are: measured where they were shown once, guessed before. Pure, no document.

const GUESS_PX = 60; // until something was measured

/** Heights in CSS pixels by the id of an item. */
export class Heights {
  constructor() {
    this.known = new Map();
    this.sum = 0;
  }

  /** Forgets all: the list has another width. What was measured stays as a guess. */
  forget() {
    this.rest = this.guess;
    this.known.clear();
    this.sum = 0;
  }

  /** What an item that was never shown is taken for. */
  get guess() {
    return this.known.size > 0 ? this.sum / this.known.size : (this.rest ?? GUESS_PX);
  }

  /** Takes in a measured height; whether it is news. */
  set(id, height) {
    const before = this.known.get(id);
    if (before === height) return false;
    this.sum += height - (before ?? 0);
    this.known.set(id, height);
    return true;
  }

  of(id) {
    return this.known.get(id) ?? this.guess;
  }

  /** The height of all items from `start` on and before `end`. */
  between(ids, start, end) {
    let height = 0;
    for (let index = start; index < end; index += 1) height += this.of(ids[index]);
    return height;
  }

  /**
   * Which items touch the stretch from `top` to `bottom`.
   * @returns {[number, number]} the first and the one behind the last; at least one where there is any
   */
  within(ids, top, bottom) {
    let start = 0;
    let y = 0;
    while (start < ids.length - 1 && y + this.of(ids[start]) <= top) y += this.of(ids[start++]);
    let end = start;
    while (end < ids.length && (end === start || y < bottom)) y += this.of(ids[end++]);
    return [start, end];
  }

  /** The last items, as many as a stretch of this height takes. */
  last(ids, height) {
    let start = ids.length;
    for (let y = 0; start > 0 && y < height; start -= 1) y += this.of(ids[start - 1]);
    return [start, ids.length];
  }
}
