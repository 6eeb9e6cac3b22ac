// One's own messages on their way: what was not sent, or may have been lost with a channel, is sent again in its order.
// Whoever has a message already knows its id and ignores it.

const KEPT = 1000;

export class Outbox {
  /**
   * @param {(text: string) => boolean} send true where a channel took it
   * @param {number} doubtMs how long before the last sign of life a frame may have been lost
   * @param {() => number} now epoch milliseconds
   */
  constructor(send, doubtMs, now = () => Date.now()) {
    this.send = send;
    this.doubtMs = doubtMs;
    this.now = now;
    this.frames = [];
    this.heardAt = Infinity;
  }

  /**
   * Sends a frame, or keeps it until there is a channel.
   * @param {boolean} always the broadcaster's are out with nobody there: its history has them
   * @returns {string[]} ids of what is out now
   */
  put(id, text, always = false) {
    const frame = { id, text, at: this.now(), out: always };
    if (!always) {
      this.frames.push(frame);
      if (this.frames.length > KEPT && this.frames[0].out) this.frames.shift();
    }
    frame.out = this.send(text) || always;
    return frame.out ? [id] : [];
  }

  /** The channel is lost; the other end was last heard at this time. */
  lost(heardAt) {
    this.heardAt = Math.min(this.heardAt, heardAt);
  }

  /** There is a channel again. @returns {string[]} ids of what is out now */
  again() {
    this.frames = this.frames.filter(({ out, at }) => !out || at >= this.heardAt - this.doubtMs);
    this.heardAt = Infinity;
    for (const frame of this.frames) {
      frame.out = this.send(frame.text);
      frame.at = this.now(); // this channel may be lost as well, before it carried anything
    }
    return this.frames.filter(({ out }) => out).map(({ id }) => id);
  }
}
