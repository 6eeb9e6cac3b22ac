// The list of messages on the page. Only those in view, and some around them, are in the document; two empty boxes
// stand for the others. It stays at its end where a reader is at the end, else whatever is in view stays in its place.
import { element } from "./dom.js";
import { Heights } from "./heights.js";
import { Item } from "./item.js";

const NEAR_PX = 80;
const MARGIN_PX = 400; // above and below what is in view, so that scrolling finds something there
const UNSEEN_PX = 600; // taken for the height of a list that is not shown yet
const PASSES = 4; // guesses are right after two or three
const TOLD = 3; // messages that are read out together; of more only the number is told
// While somebody scrolls the browser keeps what is in view in its place, where it can: a script that does ends the
// movement.
const ANCHORS = globalThis.CSS?.supports("overflow-anchor", "auto") ?? false;

export class Log {
  /** @param {{text?: (text: string) => (string | Node)[]}} options what the text of a message becomes */
  constructor({ text } = {}) {
    this.text = text;
    // It speaks by `live`: items come and go here by scrolling too.
    const list = { className: "chat-log", role: "log", "aria-label": "Messages", "aria-live": "off", tabIndex: 0 };
    this.element = element("div", list);
    this.live = element("div", { className: "chat-hidden chat-live", "aria-live": "polite" });
    this.newest = element("button", { type: "button", className: "chat-secondary chat-newest", hidden: true });
    this.newest.textContent = "New messages";
    this.newest.addEventListener("click", () => this.#goToEnd());
    this.above = element("div", { className: "chat-unseen", "aria-hidden": "true" });
    this.below = element("div", { className: "chat-unseen", "aria-hidden": "true" });
    this.element.addEventListener("scroll", () => this.#scrolled());
    this.element.addEventListener("keydown", (event) => this.#pressed(event));
    this.element.addEventListener("copy", (event) => this.#copied(event));
    this.sizes = new ResizeObserver((found) => this.#resized(found));
    this.sizes.observe(this.element);
    this.clear();
  }

  clear() {
    for (const item of this.items?.values() ?? []) this.sizes.unobserve(item.element);
    this.items = new Map(); // those in the document, by id
    this.heights = new Heights();
    this.entries = [];
    this.ids = [];
    this.known = new Set();
    this.#reachedEnd();
    if (this.element.firstChild !== null) this.element.replaceChildren();
    if (this.live.firstChild !== null) this.live.replaceChildren();
  }

  end() {
    this.sizes.disconnect();
  }

  /** @param {object[]} entries those of messages.js, in their order */
  update(entries) {
    const fresh = entries.filter(({ id }) => !this.known.has(id));
    this.entries = entries;
    this.ids = entries.map(({ id }) => id);
    for (const { id } of fresh) this.known.add(id);
    const last = fresh.at(-1);
    const said = last?.own && last === entries.at(-1); // whoever says something wants to see it
    this.#render(this.atEnd || said);
    const news = fresh.filter(({ own, past }) => !own && !past);
    if (news.length > 0 && !this.atEnd) this.newest.hidden = false;
    this.#tell(news);
  }

  /** What some texts become has changed: those that `concerns` are made anew. */
  rewrite(concerns) {
    const stick = this.atEnd;
    for (const entry of this.entries) if (concerns(entry.text)) this.items.get(entry.id)?.rewrite(entry, this.text);
    this.#render(stick);
  }

  // -- which are in the document

  /** `stick`: the end is to be in view. `scrolling`: somebody is moving it. */
  #render(stick, scrolling = false) {
    const list = this.element;
    if (this.ids.length === 0) return;
    if (this.above.parentNode !== list) list.replaceChildren(this.above, this.below);
    const held = stick ? null : this.#held();
    for (let pass = 0; pass < PASSES; pass += 1) {
      const [start, end] = this.#wanted(stick, held);
      this.#place(start, end);
      this.above.style.height = `${this.heights.between(this.ids, 0, start)}px`;
      this.below.style.height = `${this.heights.between(this.ids, end, this.ids.length)}px`;
      const changed = this.#measure();
      if (stick) list.scrollTop = list.scrollHeight;
      else if (!(scrolling && ANCHORS)) this.#hold(held);
      if (!changed) break;
    }
    if (stick) this.#reachedEnd();
  }

  /** The first item that is to be in the document, and the one behind the last. */
  #wanted(stick, held) {
    const height = this.element.clientHeight || UNSEEN_PX;
    const top = this.#top(held);
    const [start, end] = stick
      ? this.heights.last(this.ids, height + MARGIN_PX)
      : this.heights.within(this.ids, top - MARGIN_PX, top + height + MARGIN_PX);
    // What is selected, or has the focus, stays: it would be lost with its element.
    const kept = this.#selected().map((id) => this.ids.indexOf(id)).filter((index) => index >= 0);
    return [Math.min(start, ...kept), Math.max(end, ...kept.map((index) => index + 1))];
  }

  /** The ids of the items in which the selection begins and ends. */
  #selected() {
    const selection = getSelection();
    const ends = selection === null || selection.isCollapsed ? [] : [selection.anchorNode, selection.focusNode];
    const items = [...ends, document.activeElement].filter((node) => node !== null && this.element.contains(node));
    return items.map((node) => this.#idOf(node)).filter((id) => id !== null);
  }

  #idOf(node) {
    const found = (node instanceof Element ? node : node.parentElement)?.closest(".chat-item");
    return found?.dataset.id ?? null;
  }

  /** The first item that is in view and how far below the edge it stands: it is to stay there. */
  #held() {
    const edge = topOf(this.element);
    for (const [id, { element: shown }] of this.items) {
      const { top, bottom } = shown.getBoundingClientRect();
      if (bottom > edge) return { id, element: shown, top: top - edge };
    }
    return null;
  }

  #hold(held) {
    if (held === null || !held.element.isConnected) return;
    const moved = topOf(held.element) - topOf(this.element) - held.top;
    if (Math.abs(moved) >= 0.5) this.element.scrollTop += moved;
  }

  /** How much of all items is above what is in view, once the held one is in its place. */
  #top(held) {
    const index = held === null ? -1 : this.ids.indexOf(held.id);
    return index < 0 ? this.element.scrollTop : this.heights.between(this.ids, 0, index) - held.top;
  }

  /** Puts these items into the document, in their order, and takes all others out. */
  #place(start, end) {
    const wanted = new Map();
    for (let index = start; index < end; index += 1) {
      const entry = this.entries[index];
      const item = this.items.get(entry.id) ?? new Item(entry, this.text);
      item.update(entry, this.entries[index - 1] ?? null, index, this.entries.length);
      wanted.set(entry.id, item);
    }
    for (const [id, item] of this.items) {
      if (wanted.has(id)) continue;
      this.sizes.unobserve(item.element);
      item.element.remove();
    }
    let place = this.above.nextSibling;
    for (const [id, item] of wanted) {
      if (item.element === place) place = place.nextSibling;
      else this.element.insertBefore(item.element, place);
      if (!this.items.has(id)) this.sizes.observe(item.element);
    }
    this.items = wanted;
  }

  #measure() {
    let changed = false;
    if (this.element.clientHeight === 0) return changed; // not shown: nothing has a height
    for (const [id, item] of this.items) {
      changed = this.heights.set(id, item.element.getBoundingClientRect().height) || changed;
    }
    return changed;
  }

  // -- what happens to it

  #scrolled() {
    const { scrollHeight, scrollTop, clientHeight } = this.element;
    this.atEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
    if (this.atEnd) this.#reachedEnd();
    this.#render(false, true);
  }

  /** To an end at once: on a long way the browser's own movement would lose its goal. */
  #pressed(event) {
    if (event.target !== this.element || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.key === "End") this.#render(true);
    else if (event.key === "Home") this.element.scrollTop = 0;
    else return;
    event.preventDefault();
  }

  #reachedEnd() {
    this.atEnd = true;
    this.newest.hidden = true;
  }

  #goToEnd() {
    this.#render(true);
    this.element.focus({ preventScroll: true }); // the button has gone
  }

  /** The list, or something in it, has another size: a picture came, the window was made narrower. */
  #resized(found) {
    const own = found.find(({ target }) => target === this.element);
    if (own !== undefined && own.contentRect.width !== this.width) {
      this.width = own.contentRect.width;
      this.heights.forget();
    }
    this.#render(this.atEnd);
  }

  /** Copies also those of a selection that are not in the document: all between its ends. */
  #copied(event) {
    const selection = getSelection();
    const touched = (node) => selection.containsNode(node, true);
    const beyond = [this.above, this.below].map((box) => box.offsetHeight > 0 && touched(box));
    if (!beyond.includes(true)) return; // the browser knows best
    const shown = this.ids.map((id, index) => ({ index, item: this.items.get(id) }));
    const selected = shown.filter(({ item }) => item !== undefined && touched(item.element));
    const start = beyond[0] ? 0 : selected[0].index;
    const end = beyond[1] ? this.ids.length : selected.at(-1).index + 1;
    const texts = this.entries.slice(start, end).map(({ name, text }) => `${name}: ${text}`);
    event.clipboardData.setData("text/plain", texts.join("\n"));
    event.preventDefault();
  }

  // -- for those who do not see it

  #tell(fresh) {
    if (fresh.length === 0) return;
    const texts = fresh.length > TOLD
      ? [`${fresh.length} new messages`]
      : fresh.map(({ name, text }) => `${name}: ${text}`);
    this.live.replaceChildren(...texts.map((text) => element("p", { textContent: text })));
  }
}

function topOf(shown) {
  return shown.getBoundingClientRect().top;
}
