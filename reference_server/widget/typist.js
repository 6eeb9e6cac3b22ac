// Tells the others that one is typing: not with every key, and not for longer than one does.

export class Typist {
  /**
   * @param {number} shown seconds for which the others show it
   * @param {{typing: () => void, stop: () => void}} tell
   */
  constructor(shown, tell) {
    this.shown = shown;
    this.tell = tell;
    this.toldAt = null;
    this.timer = null;
  }

  /** The text in the box changed. */
  input(text) {
    if (text === "") return this.sent();
    const now = Date.now();
    clearTimeout(this.timer);
    // A pause this long is one: the others need not wait until they stop by themselves.
    this.timer = setTimeout(() => this.sent(), (this.shown * 1000) / 2);
    if (this.toldAt !== null && now - this.toldAt < (this.shown * 1000) / 2) return undefined;
    this.toldAt = now;
    return this.tell.typing();
  }

  /** The message was sent, or given up. */
  sent() {
    if (this.toldAt !== null) this.tell.stop();
    this.end();
  }

  end() {
    clearTimeout(this.timer);
    this.toldAt = null;
  }
}
