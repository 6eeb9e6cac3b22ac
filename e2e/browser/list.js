// How a list of messages is read on the page: which box scrolls, and what stands where in it. `step` of listing.py says
// what to do; all answers are plain values. A list may draw late, or load what is older when its top is reached.
async (messages, { step, few, back, prompt, still }) => {
  // Between finding them and this the page may have drawn others: what stood where cannot be told by these.
  if (messages.some((message) => !message.isConnected)) return null;
  const kept = __parley;
  const frame = () => new Promise((done) => {
    const timer = setTimeout(done, 200); // a page that draws nothing is looked at all the same
    requestAnimationFrame(() => requestAnimationFrame(() => { clearTimeout(timer); done(); }));
  });
  // What is put into the slot of an element is shown, and scrolled, where the slot is.
  const above = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;
  const scrolls = (node) =>
    node.scrollHeight > node.clientHeight + 1 && /auto|scroll|overlay/.test(getComputedStyle(node).overflowY);
  const scroller = (message) => {
    for (let node = message && above(message); node; node = above(node)) if (scrolls(node)) return node;
    const root = document.scrollingElement;
    return message && root.scrollHeight > root.clientHeight + 1 ? root : null;
  };
  const go = (box, top) => box.scrollTo({ top, behavior: "instant" });
  // Waits until nothing in the list changed for `still` ms, or `enough()`. How many ms after the start it changed last.
  // A frame counts for some ms at most: while a busy machine lets the page do nothing, its time does not go by.
  const stands = async (box, still, enough = () => false) => {
    let [spent, last, begun, height] = [0, 0, performance.now(), box.scrollHeight];
    const now = () => spent + Math.min(performance.now() - begun, 50);
    const watch = new MutationObserver(() => { last = now(); });
    for (const node of kept.watched) watch.observe(node, { subtree: true, childList: true, characterData: true });
    while (spent - last < still && spent < 2000 && !enough()) {
      await frame();
      spent = now();
      begun = performance.now();
      if (box.scrollHeight === height) continue;
      height = box.scrollHeight;
      last = spent;
    }
    watch.disconnect();
    return last;
  };
  const edge = (box) => (box === document.scrollingElement ? 0 : box.getBoundingClientRect().top);

  if (step === "look") {
    const boxes = messages.map((message) => message.getBoundingClientRect());
    const view = messages.map((message, index) => [message.textContent, boxes[index].top]);
    const box = scroller(messages[0]);
    kept.box = box;
    kept.watched = [box, messages[0]?.parentNode].filter(Boolean); // what is slotted is not within its box
    if (box === null) return { view, whole: true };
    // Nothing that can be read is as low as this: no message is missing before the first or behind the last.
    const low = 12;
    const start = edge(box) - box.scrollTop;
    const filled = Math.min(...boxes.map(({ top }) => top)) - start <= low &&
      start + box.scrollHeight - Math.max(...boxes.map(({ bottom }) => bottom)) <= low;
    return { view, whole: messages.length < few && filled };
  }
  const box = kept.box;
  if (step === "begin") {
    const before = box.scrollTop;
    go(box, 1e9);
    return { back: box.scrollTop - before < 5 ? 1e9 : before, prompt: kept.prompt === box };
  }
  if (step === "top") {
    const height = box.scrollHeight;
    go(box, -1e9);
    const grown = () => box.scrollHeight > height;
    await stands(box, still, grown);
    return { more: grown() && height < 1e7 };
  }
  if (step === "end") {
    kept.prompt = prompt ? box : null;
    go(box, back);
    await frame();
    return {};
  }
  const start = edge(box) - box.scrollTop;
  const view = messages.map((message) => [message.textContent, message.getBoundingClientRect().top - start]);
  const height = box.scrollHeight;
  const before = box.scrollTop;
  go(box, before + 0.8 * box.clientHeight);
  const more = box.scrollTop > before + 1;
  if (!more) return { view, height, more, late: 0 };
  if (still > 0) return { view, height, more, late: await stands(box, still) };
  await frame();
  return { view, height, more, late: 0 };
}
