// When a connection counts as lost, and when to try again (protocol section 5, PEER-14). Pure.

const LOST = new Set(["failed", "closed"]);

/** Does this connectionState mean that the connection is lost? */
export const isLost = (state) => LOST.has(state);

/**
 * The waits before each try, in seconds: first, doubled, ..., longest.
 * @param {{reconnect_first: number, reconnect_longest: number, reconnect_tries: number}} policy
 */
export function* delays(policy) {
  let wait = policy.reconnect_first;
  for (let tried = 0; tried < policy.reconnect_tries; tried += 1) {
    yield Math.min(wait, policy.reconnect_longest);
    wait *= 2;
  }
}

/**
 * Has nothing been heard for too long? Two clocks must agree: the page's, and the one by which the browser stamps
 * its statistics, so that a page whose clock jumped (it slept, or a test moved it) does not give up what is alive.
 * @param {{page: number, browser: number | null}} quiet milliseconds since a frame or pong, by either clock
 * @param {number} silence in seconds
 */
export function isSilent(quiet, silence) {
  return quiet.page >= silence * 1000 && (quiet.browser === null || quiet.browser >= silence * 1000);
}
