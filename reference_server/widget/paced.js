// Draws soon after a change, and not more often than it takes a page to draw.

/**
 * What is called at each change. The first one is drawn at once; of a flood many are drawn together, for a page of many
 * messages takes a while.
 * @param {() => void} draw
 * @param {number} every milliseconds between two drawings
 */
export function paced(draw, every) {
  let waiting = false;
  let drawn = -Infinity;
  const now = () => {
    waiting = false;
    drawn = performance.now();
    draw();
  };
  return () => {
    if (waiting) return;
    waiting = true;
    const wait = every - (performance.now() - drawn);
    if (wait > 0 && wait <= every) setTimeout(now, wait);
    else queueMicrotask(now);
  };
}
