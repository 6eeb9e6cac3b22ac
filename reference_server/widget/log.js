// The list of messages on the page: follows the room's list, and stays at its end where a reader is at the end.
import { element } from "./dom.js";

const TOGETHER_MS = 300_000; // messages of one person within this time stand under one name
const NEAR_PX = 80;
const HUES = 8;
const CLOCK = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });

export class Log {
  constructor() {
    this.element = element("div", { className: "chat-log", role: "log", "aria-label": "Messages", tabIndex: 0 });
    this.items = new Map();
  }

  clear() {
    this.items.clear();
    this.element.replaceChildren();
  }

  /** @param {object[]} entries those of messages.js, in their order */
  update(entries) {
    const list = this.element;
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
    let before = null;
    let grew = false;
    let place = list.firstElementChild;
    for (const entry of entries) {
      let item = this.items.get(entry.id);
      if (item === undefined) {
        item = this.#item(entry);
        this.items.set(entry.id, item);
        grew = true;
      }
      if (item !== place) list.insertBefore(item, place);
      else place = place.nextElementSibling;
      const follows = before !== null && before.senderId === entry.senderId && entry.at - before.at < TOGETHER_MS;
      item.classList.toggle("chat-follows", follows);
      if (item.dataset.state !== entry.state) item.dataset.state = entry.state;
      before = entry;
    }
    if (grew && (atEnd || before?.own)) list.scrollTop = list.scrollHeight;
  }

  #item({ senderId, name, text, at, own }) {
    const time = new Date(at);
    const isTime = !Number.isNaN(time.getTime());
    const shown = isTime ? CLOCK.format(time) : "";
    const item = element(
      "div",
      { className: own ? "chat-item chat-own" : "chat-item" },
      element(
        "div",
        { className: "chat-meta" },
        element("span", { className: "chat-author", textContent: own ? "You" : name }),
        element("time", { textContent: shown, dateTime: isTime ? time.toISOString() : "" }),
      ),
      element("div", { className: "chat-message", textContent: text }),
    );
    item.dataset.hue = String([...senderId].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) % 9973, 7) % HUES);
    return item;
  }
}
