// What a user sees of the messages on this device, and can do about them: a button, and the box that it opens.
import { element } from "./dom.js";

const SURE_MS = 6_000; // in which a second press means it
const CLEAR_ALL = "Clear all";

export class KeptView {
  /** @param {(name: string) => string} id makes an id of an element that no other widget on the page has */
  constructor(id) {
    this.on = null; // {opened(), keep(on), clear(all), save() -> Promise<Blob>}: set by who keeps messages
    this.button = element("button", { type: "button", className: "chat-quiet", textContent: "History" });
    this.button.setAttribute("aria-haspopup", "dialog");
    this.button.addEventListener("click", () => this.#open());
    const title = element("h2", { id: id("kept"), textContent: "Messages on this device" });
    this.about = element("p");
    this.keep = element("input", { type: "checkbox", id: id("keep") });
    this.keep.addEventListener("change", () => this.on.keep(this.keep.checked));
    this.state = element("p", { className: "chat-kept-state", role: "status" });
    this.save = this.#action("Save as a file", () => this.#saved());
    this.clear = this.#action("Clear this room", () => this.on.clear(false));
    this.clearAll = this.#action(CLEAR_ALL, () => this.#cleared());
    const close = this.#action("Close", () => this.dialog.close());
    close.className = "chat-primary";
    const label = element("label", { for: this.keep.id, textContent: "Keep messages on this device" });
    const hint = element("p", { className: "chat-small", id: id("off"), textContent: "Off removes what is kept." });
    this.keep.setAttribute("aria-describedby", hint.id);
    this.dialog = element(
      "dialog",
      { className: "chat-dialog", "aria-labelledby": title.id },
      title,
      this.about,
      element("div", { className: "chat-check" }, this.keep, element("div", {}, label, hint)),
      this.state,
      element("div", { className: "chat-actions" }, this.save, this.clear, this.clearAll),
      close,
    );
    this.dialog.addEventListener("close", () => this.#calm());
  }

  /** How it stands: {on, messages, rooms, days, messages_per_room, inRoom}; null where nothing can be kept. */
  show(state, why = "") {
    const none = state === null || state.messages === 0;
    this.keep.disabled = state === null;
    this.keep.checked = state?.on ?? false;
    this.save.disabled = this.clearAll.disabled = none;
    this.clear.disabled = none || !state.inRoom;
    if (state === null) {
      this.about.textContent = "";
      this.state.textContent = why;
      return;
    }
    const { days, messages_per_room: most, messages, rooms } = state;
    this.about.textContent =
      `They come back when you enter their room again: those of ${days} days, up to ${most.toLocaleString()} a room. ` +
      "They are sealed with a key that never leaves this browser.";
    const count = `${counted(messages, "message")} of ${counted(rooms, "room")}`;
    this.state.textContent = messages > 0 ? `Kept now: ${count}.` : "Nothing is kept now.";
  }

  #action(text, act) {
    const button = element("button", { type: "button", className: "chat-secondary", textContent: text });
    button.addEventListener("click", act);
    return button;
  }

  #open() {
    this.on?.opened();
    this.dialog.showModal();
  }

  /** The first press asks, the second does it. */
  #cleared() {
    if (this.sure === undefined) {
      this.clearAll.textContent = "Clear all: are you sure?";
      this.sure = setTimeout(() => this.#calm(), SURE_MS);
      return;
    }
    this.#calm();
    this.on.clear(true);
  }

  #calm() {
    clearTimeout(this.sure);
    this.sure = undefined;
    this.clearAll.textContent = CLEAR_ALL;
  }

  async #saved() {
    const url = URL.createObjectURL(await this.on.save());
    element("a", { href: url, download: "chat-history.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000); // a browser may ask where to first
  }
}

function counted(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
