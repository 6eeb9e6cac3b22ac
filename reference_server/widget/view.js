// The widget's elements: built once, then brought up to date from a plain model. Texts of others go in as text only.
import { CallBar } from "./call-bar.js";
import { element } from "./dom.js";
import { KeptView } from "./kept.js";
import { Log } from "./log.js";
import { Picker } from "./picker.js";

const COPY = "Copy id";
let made = 0;

export class View {
  /**
   * @param {HTMLElement} container
   * @param {{protocol: object, theme: string, on: object, form: object | null}} options
   *   `on`: what a person does: create(name) and join(id) (promises: is one in?), leave(), send(text) -> boolean,
   *   input(text), proceed(), signOut(); `form`: the login form, where one can log in here
   */
  constructor(container, { protocol, theme, on, form = null }) {
    this.on = on;
    this.form = form;
    made += 1;
    this.prefix = `chat-${made}-`;
    const { elements, keys } = protocol.page;
    this.sendKey = keys.send;
    this.alert = element("p", { className: "chat-error", role: "alert" });
    this.status = element("p", { className: "chat-status", role: "status" });
    this.root = element("section", { className: "chat-widget", "aria-label": "Chat" });
    this.root.dataset.theme = ["light", "dark"].includes(theme) ? theme : "auto";
    const side = this.#side(elements, protocol.words.Name.maxLength);
    this.client = element("div", { className: "chat-client" }, this.#header(), side, this.#room(elements));
    this.signin = element("div", { className: "chat-signin" });
    this.root.append(this.alert, this.signin, this.client, this.kept.dialog);
    container.replaceChildren(this.root);
  }

  destroy() {
    this.log.end();
    this.root.remove();
  }

  // -- what is shown

  error(text) {
    if (this.alert.textContent !== text) this.alert.textContent = text;
  }

  /** Takes an error back, where nothing else was shown since. */
  takeBack(text) {
    if (this.alert.textContent === text) this.error("");
  }

  /** Brings everything up to date. See widget.js for the model. */
  update(model) {
    const { phase, inRoom } = model;
    this.root.dataset.phase = phase;
    this.signin.hidden = !model.signin;
    this.client.hidden = phase === "signed-out";
    if (model.signin) this.#signedOut(model);
    if (phase === "signed-out") return;
    this.client.dataset.room = inRoom ? "in" : "out";
    this.title.textContent = inRoom ? model.title : "Chat";
    this.subtitle.textContent = inRoom ? model.roomId : `Signed in as ${model.name}`;
    this.copy.hidden = this.leave.hidden = this.presence.hidden = !inRoom;
    this.signout.hidden = this.form === null || inRoom;
    this.empty.hidden = inRoom;
    this.log.element.hidden = this.composer.hidden = this.typing.hidden = !inRoom;
    this.status.textContent = model.status;
    this.status.hidden = model.status === "";
    this.create.disabled = this.join.disabled = model.busy;
    this.text.disabled = this.send.disabled = !model.canWrite;
    if (!inRoom) this.log.clear();
    else this.log.update(model.messages);
    this.call.element.hidden = !inRoom;
    this.call.update(model.call);
    this.picker.enable(model.canWrite);
    this.#people(model.people, model.meId);
    this.#typists(model.typing);
  }

  /** The public rooms: {roomId, name, people}; null where they could not be had. */
  rooms(list, current) {
    const shown = list.map(({ roomId, name, people }) => {
      const count = people === 1 ? "1 person" : `${people} people`;
      const here = roomId === current;
      const button = element(
        "button",
        { type: "button", className: "chat-room-item", onclick: () => this.on.join(roomId) },
        element("span", { className: "chat-room-name", textContent: name }),
        element("span", { className: "chat-room-count", textContent: here ? "You are here" : count }),
      );
      button.disabled = here;
      return element("li", {}, button);
    });
    const none = "No public room is open. Make the first one.";
    const nothing = element("li", { className: "chat-none", textContent: none });
    const focused = this.roomList.contains(document.activeElement);
    const key = JSON.stringify([list, current]);
    if (key === this.roomsShown || focused) return;
    this.roomsShown = key;
    this.roomList.replaceChildren(...(shown.length > 0 ? shown : [nothing]));
  }

  /** Other emoji are known now. See emoji.js. */
  emojis(emojis) {
    this.known = emojis;
    this.log.rewrite((text) => text.includes(":"));
    this.picker.know(emojis);
  }

  focusText() {
    this.text.focus();
  }

  focusLobby() {
    this.create.focus();
  }

  // -- building

  #id(name) {
    return this.prefix + name;
  }

  #header() {
    this.title = element("h2", { className: "chat-title" });
    this.subtitle = element("span", { className: "chat-subtitle" });
    this.copy = element("button", { type: "button", className: "chat-quiet", textContent: COPY });
    this.copy.addEventListener("click", () => this.#copied());
    this.leave = element("button", { type: "button", className: "chat-quiet", textContent: "Leave" });
    this.leave.addEventListener("click", () => this.on.leave());
    this.signout = element("button", { type: "button", className: "chat-quiet", textContent: "Sign out" });
    this.signout.addEventListener("click", () => this.on.signOut());
    const names = element("div", { className: "chat-names" }, this.title, this.subtitle);
    this.kept = new KeptView((name) => this.#id(name));
    const buttons = [this.copy, this.kept.button, this.leave, this.signout];
    return element("header", { className: "chat-header" }, names, ...buttons);
  }

  #side(elements, longest) {
    const name = element("input", { id: this.#id("name"), name: "customName", autocomplete: "off" });
    name.maxLength = longest;
    name.placeholder = "e.g. Garden party";
    const text = elements.createRoom.text;
    this.create = element("button", { type: "submit", className: "chat-primary", textContent: text });
    const creating = element(
      "form",
      { className: "chat-form" },
      element("label", { for: name.id, textContent: "Room name (optional)" }),
      name,
      this.create,
    );
    creating.addEventListener("submit", (event) => {
      event.preventDefault();
      this.on.create(name.value.trim()).then((entered) => entered && (name.value = ""));
    });
    const id = element("input", { id: this.#id("room"), name: "roomId", autocomplete: "off", spellcheck: false });
    id.placeholder = "room_…";
    this.join = element("button", { type: "submit", className: "chat-secondary", textContent: "Join" });
    const joining = element(
      "form",
      { className: "chat-form" },
      element("label", { for: id.id, textContent: "Room id" }),
      element("div", { className: "chat-row" }, id, this.join),
    );
    joining.addEventListener("submit", (event) => {
      event.preventDefault();
      this.on.join(id.value.trim()).then((entered) => entered && (id.value = ""));
    });
    this.roomList = element("ul", { className: "chat-rooms", "aria-labelledby": this.#id("rooms") });
    const heading = element("h3", { id: this.#id("rooms"), textContent: "Public rooms" });
    return element("div", { className: "chat-side" }, creating, joining, heading, this.roomList);
  }

  #room(elements) {
    this.presence = element("ul", { className: "chat-presence", "aria-label": "People in the room" });
    this.call = new CallBar(elements, this.on);
    this.log = new Log({ text: (text) => this.known?.nodes(text) ?? [text] });
    this.typing = element("p", { className: "chat-typing", role: "status" });
    this.empty = element(
      "div",
      { className: "chat-empty" },
      element("p", { className: "chat-empty-title", textContent: "You are in no room yet" }),
      element("p", { textContent: "Create a room and pass its id on, or join one." }),
      element("p", {
        className: "chat-small",
        textContent: "Messages go from browser to browser, sealed with the room's key. The server never sees them.",
      }),
    );
    this.text = element("textarea", { id: this.#id("text"), rows: 1, placeholder: elements.compose.placeholder });
    this.text.setAttribute("aria-describedby", this.#id("hint"));
    this.picker = new Picker((name) => this.#id(name), this.text);
    this.send = element("button", { type: "submit", className: "chat-primary", textContent: "Send" });
    this.composer = element(
      "form",
      { className: "chat-compose" },
      element("label", { className: "chat-hidden", for: this.text.id, textContent: "Message" }),
      this.text,
      this.picker.button,
      this.send,
      element("span", {
        className: "chat-hidden",
        id: this.#id("hint"),
        textContent: "Enter sends, Shift and Enter begin a new line.",
      }),
    );
    this.composer.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.text.addEventListener("keydown", (event) => {
      if (event.key !== this.sendKey || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.#send();
    });
    this.text.addEventListener("input", () => {
      this.#grow();
      this.on.input(this.text.value);
    });
    this.text.addEventListener("blur", () => this.on.input(""));
    return element(
      "div",
      { className: "chat-room" },
      this.presence,
      this.call.element,
      this.status,
      this.empty,
      this.log.element,
      this.log.newest,
      this.log.live,
      this.typing,
      this.picker.panel,
      this.composer,
    );
  }

  // -- bringing up to date

  #signedOut({ name }) {
    if (this.form !== null) {
      if (!this.signin.contains(this.form.element)) this.signin.replaceChildren(this.form.element);
      return;
    }
    const key = name ?? "";
    if (this.signinShown === key) return;
    this.signinShown = key;
    this.signin.replaceChildren(element("h2", { textContent: "Please sign in" }));
    if (name === null) {
      this.signin.append(element("p", { textContent: "This chat needs a token of yours to know who you are." }));
      return;
    }
    const text = `Continue as ${name}`;
    const proceed = element("button", { type: "button", className: "chat-primary", textContent: text });
    proceed.addEventListener("click", () => this.on.proceed());
    this.signin.append(proceed);
  }

  #people(people, meId) {
    const key = JSON.stringify(people);
    if (key === this.peopleShown) return;
    this.peopleShown = key;
    const shown = people.map(({ id, name, status }) => {
      const item = element("li", { textContent: name });
      item.dataset.status = status;
      if (id === meId) item.dataset.me = "";
      item.title = status === "away" ? `${name} is away` : `${name} is here`;
      return item;
    });
    this.presence.replaceChildren(...shown);
  }

  #typists(names) {
    const text =
      names.length === 0
        ? ""
        : names.length === 1
          ? `${names[0]} is typing…`
          : names.length === 2
            ? `${names[0]} and ${names[1]} are typing…`
            : "Several people are typing…";
    if (this.typing.textContent !== text) this.typing.textContent = text;
  }

  // -- what a person does

  #send() {
    if (!this.on.send(this.text.value)) return;
    this.text.value = "";
    this.#grow();
  }

  /** The box is as high as its text, within bounds that the style sets. */
  #grow() {
    this.text.style.height = "auto";
    this.text.style.height = `${this.text.scrollHeight + 2}px`;
  }

  async #copied() {
    const id = this.subtitle.textContent;
    try {
      await navigator.clipboard.writeText(id);
      this.copy.textContent = "Copied";
    } catch {
      getSelection()?.selectAllChildren(this.subtitle);
      this.copy.textContent = "Press Ctrl+C";
    }
    setTimeout(() => (this.copy.textContent = COPY), 2_000);
  }
}
