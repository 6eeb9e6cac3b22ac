// One message as it is shown: who said it, when, and its text.
import { element } from "./dom.js";

const TOGETHER_MS = 300_000; // messages of one person within this time stand under one name
const HUES = 8;
const CLOCK = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit" });

export class Item {
  /**
   * @param {object} entry one of messages.js
   * @param {(text: string) => (string | Node)[]} content what its text becomes
   */
  constructor({ id, senderId, name, text, at, own }, content = (plain) => [plain]) {
    const time = new Date(at);
    const isTime = !Number.isNaN(time.getTime());
    const shown = isTime ? CLOCK.format(time) : "";
    this.element = element(
      "div",
      { className: own ? "chat-item chat-own" : "chat-item", role: "article" },
      element(
        "div",
        { className: "chat-meta" },
        element("span", { className: "chat-author", textContent: own ? "You" : name }),
        element("time", { textContent: shown, dateTime: isTime ? time.toISOString() : "" }),
      ),
      element("div", { className: "chat-message" }, ...content(text)),
    );
    this.element.dataset.id = id;
    this.element.dataset.hue = String(hue(senderId));
  }

  /** Its text once more, where what that becomes has changed. */
  rewrite({ text }, content) {
    this.element.querySelector(".chat-message").replaceChildren(...content(text));
  }

  /** Brings it up to date: what it stands behind, and as which of how many it is read out. */
  update(entry, before, index, count) {
    const { element: shown } = this;
    const follows = before !== null && before.senderId === entry.senderId && entry.at - before.at < TOGETHER_MS;
    if (follows !== this.follows) shown.classList.toggle("chat-follows", (this.follows = follows));
    if (shown.dataset.state !== entry.state) shown.dataset.state = entry.state;
    if (this.index === index && this.count === count) return;
    [this.index, this.count] = [index, count];
    shown.setAttribute("aria-posinset", index + 1);
    shown.setAttribute("aria-setsize", count);
  }
}

function hue(senderId) {
  return [...senderId].reduce((sum, char) => (sum * 31 + char.codePointAt(0)) % 9973, 7) % HUES;
}
