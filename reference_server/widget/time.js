// Waiting, by the timers of the window: so that a test that moves the clock moves everything.

/** Waits for some seconds, or until the signal aborts; tells whether the time went by. */
export function sleep(seconds, signal) {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve(false);
    const end = (whole) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
      resolve(whole);
    };
    const aborted = () => end(false);
    const timer = setTimeout(() => end(true), seconds * 1000);
    signal?.addEventListener("abort", aborted);
  });
}

/** A bell that a loop waits for: `ring` ends the wait at hand, or the next one. */
export class Bell {
  #rung = false;
  #wake = null;

  ring() {
    this.#rung = true;
    this.#wake?.();
  }

  /** Waits for some seconds at most. */
  async wait(seconds) {
    if (!this.#rung) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, seconds * 1000);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#rung = false;
    this.#wake = null;
  }
}

/** "40 seconds", "2 minutes", "1 hour and 5 minutes": a wait in words. */
export function inWords(seconds) {
  const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;
  if (seconds < 120) return count(seconds, "second");
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return count(minutes, "minute");
  const rest = minutes % 60;
  return count(Math.floor(minutes / 60), "hour") + (rest === 0 ? "" : ` and ${count(rest, "minute")}`);
}
