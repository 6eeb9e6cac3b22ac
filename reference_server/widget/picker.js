// Where a person chooses an emoji: a button, and the panel that it opens above the composer.
import { element } from "./dom.js";

const SHOWN = 60; // of each kind; of more a search finds the others
const DOWN = "The public emotes cannot be had just now.";

export class Picker {
  /**
   * @param {(name: string) => string} id makes an id of an element that no other widget on the page has
   * @param {HTMLTextAreaElement} text where the names go
   */
  constructor(id, text) {
    this.text = text;
    this.emojis = null; // see emoji.js
    this.button = element("button", { type: "button", className: "chat-quiet chat-pick", "aria-label": "Emoji" });
    this.button.append(element("span", { className: "chat-face" }));
    this.button.title = "Emoji";
    this.button.setAttribute("aria-expanded", "false");
    this.button.setAttribute("aria-controls", id("emoji"));
    this.button.addEventListener("click", () => (this.panel.hidden ? this.#open() : this.close(true)));
    this.search = element("input", { type: "search", id: id("emoji-search"), autocomplete: "off", spellcheck: false });
    this.search.placeholder = "Search";
    this.search.addEventListener("input", () => this.#draw());
    this.own = element("div", { className: "chat-grid", role: "group", "aria-label": "Emoji of this chat" });
    this.others = element("div", { className: "chat-grid", role: "group", "aria-label": "Public emotes" });
    this.heading = element("p", { className: "chat-small", textContent: "Public emotes", "aria-hidden": "true" });
    this.state = element("p", { className: "chat-small", role: "status" });
    this.panel = element(
      "div",
      { id: id("emoji"), className: "chat-picker", role: "dialog", "aria-label": "Emoji", hidden: true },
      element("label", { className: "chat-hidden", for: this.search.id, textContent: "Search emoji" }),
      this.search,
      element("div", { className: "chat-choices" }, this.own, this.heading, this.others),
      this.state,
    );
    this.panel.addEventListener("keydown", (event) => this.#pressed(event));
    this.panel.addEventListener("focusout", ({ relatedTarget: to }) => {
      if (to !== null && to !== this.button && !this.panel.contains(to)) this.close();
    });
    this.#offer();
  }

  /** Others are known now. */
  know(emojis) {
    this.emojis = emojis;
    this.#offer();
    if (!this.panel.hidden) this.#draw();
  }

  /** Whether a message can be written now. */
  enable(canWrite) {
    this.button.disabled = !canWrite;
    if (!canWrite) this.close();
  }

  /** `back`: the button has the focus again. */
  close(back = false) {
    if (this.panel.hidden) return;
    this.panel.hidden = true;
    this.button.setAttribute("aria-expanded", "false");
    if (back) this.button.focus();
  }

  #offer() {
    this.button.hidden = !(this.emojis?.known.size > 0 || this.emojis?.emotes.known.size > 0);
    if (this.button.hidden) this.close();
  }

  #open() {
    this.emojis.look();
    this.search.value = "";
    this.panel.hidden = false;
    this.button.setAttribute("aria-expanded", "true");
    this.#draw();
    this.search.focus();
  }

  #draw() {
    const { known, emotes } = this.emojis;
    const wanted = this.search.value.trim().replaceAll(":", "").toLowerCase();
    const found = (all) => [...all.values()].filter(({ name }) => name.toLowerCase().includes(wanted));
    const own = found(known);
    const others = found(emotes.known).filter(({ name }) => !known.has(name)); // the name is the domain's
    const active = document.activeElement;
    const had = active !== this.search && this.panel.contains(active) ? active.title : null;
    this.#fill(this.own, own);
    this.#fill(this.others, others);
    this.heading.hidden = this.others.hidden;
    const [first] = this.#choices();
    const same = this.#choices().find(({ title }) => title === had) ?? first;
    if (same !== undefined) same.tabIndex = 0; // Tab goes to the emoji once, arrows go through them
    const more = Math.max(own.length - SHOWN, 0) + Math.max(others.length - SHOWN, 0);
    const nothing = first === undefined ? "No emoji has such a name." : "";
    const told = more > 0 ? `${more} more: search for them by name.` : nothing;
    this.state.textContent = emotes.state === "down" ? `${told} ${DOWN}`.trim() : told;
    if (had !== null) (same ?? this.search).focus();
  }

  #fill(grid, emojis) {
    grid.replaceChildren(...emojis.slice(0, SHOWN).map((emoji) => this.#choice(emoji)));
    grid.hidden = emojis.length === 0;
  }

  #choice(emoji) {
    const name = `:${emoji.name}:`;
    const image = this.emojis.image(emoji);
    const button = element("button", { type: "button", title: name, "aria-label": name, tabIndex: -1 }, image);
    button.addEventListener("click", () => this.#insert(name));
    return button;
  }

  #choices() {
    return [...this.own.children, ...this.others.children];
  }

  /** Puts the name where the cursor is, so that it stands by itself. */
  #insert(name) {
    const { text } = this;
    const [before, behind] = [text.value.slice(0, text.selectionStart), text.value.slice(text.selectionEnd)];
    const start = before === "" || /\s$/u.test(before) ? "" : " ";
    const end = /^\s/u.test(behind) ? "" : " ";
    this.close();
    text.focus();
    text.setRangeText(start + name + end, text.selectionStart, text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #pressed(event) {
    const { key, target } = event;
    if (key === "Escape") this.close(true);
    else if (target === this.search && key === "ArrowDown") this.#go(this.#choices()[0]);
    else if (target === this.search && key === "Enter") this.#choices()[0]?.click();
    else if (target === this.search || !this.#moved(key, target)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** True where the key is one that moves among the emoji. */
  #moved(key, from) {
    const all = this.#choices();
    const at = all.indexOf(from);
    const line = lineOf(all, key === "ArrowUp" ? -1 : 1, from);
    const goals = {
      ArrowRight: all[at + 1],
      ArrowLeft: all[at - 1],
      ArrowDown: line,
      ArrowUp: line ?? this.search,
      Home: all[0],
      End: all.at(-1),
    };
    if (at < 0 || !Object.hasOwn(goals, key)) return false;
    this.#go(goals[key]);
    return true;
  }

  #go(to) {
    if (to === undefined) return;
    if (to !== this.search) for (const one of this.#choices()) one.tabIndex = one === to ? 0 : -1;
    to.focus();
  }
}

/** Of the line above (-1) or below (1) the one that is nearest, where there is such a line. */
function lineOf(all, way, from) {
  const place = (one) => one.getBoundingClientRect();
  const { top, left } = place(from);
  const beyond = all.filter((one) => (place(one).top - top) * way > 1);
  const far = (one) => Math.abs(place(one).top - top) * 1e4 + Math.abs(place(one).left - left);
  return beyond.sort((one, other) => far(one) - far(other))[0];
}
