// window.StrixunChat.ChatWidget: signs in, makes and enters rooms, and keeps the view up to date (protocol section 6).
import { Emojis } from "./emoji.js";
import { Guest } from "./guest.js";
import { Host, iceServersOf } from "./host.js";
import { nameFor } from "./identity.js";
import { Keeping } from "./keeping.js";
import { Lobby, titleOf } from "./lobby.js";
import { paced } from "./paced.js";
import { PROTOCOL } from "./protocol.js";
import { Room } from "./room.js";
import { complaint } from "./schema.js";
import { Signaling, SignalingError } from "./signaling.js";
import { SignIn } from "./signin.js";
import { stateOf } from "./state.js";
import { Typist } from "./typist.js";
import { View } from "./view.js";
import { callModel, Voice } from "./voice.js";

const DRAW_MS = 60; // between two drawings
const NO_ID = "That is no room id. It looks like room_1a2b3c.";
const UNSAFE = "This page has to be opened over https: only then a browser can seal messages.";
const GONE = "This room is not there (any more). Check its id, or join another.";

class Widget {
  #phase = "signed-out";
  #me = null;
  #room = null;
  #role = null; // Host or Guest
  #typist = null;
  #voice = null;
  #title = "";
  #status = "";
  #busy = false;
  #ended = false;
  #turn = 0; // which room: what an earlier one still has to say is not heard
  #draw = paced(() => this.#ended || this.#drawNow(), DRAW_MS);

  constructor(options = {}) {
    const container = document.getElementById(options.containerId);
    if (container === null) throw new Error(`ChatWidget: there is no element with the id ${options.containerId}`);
    const here = location.origin;
    const usual = { authApiUrl: here, signalingUrl: here, autoAuth: true, theme: "auto", relayOnly: false };
    this.options = { ...usual, ...options };
    this.container = container;
    const on = {
      create: (customName) => this.createRoom({ customName }),
      join: (id) => this.joinRoom(id),
      leave: () => this.#left(),
      send: (text) => this.sendMessage(text),
      input: (text) => this.#typist?.input(text),
      proceed: () => this.#entered(this.signin.who),
      signOut: () => this.#signOut(),
      call: () => this.#voice?.call([...this.#room.links][0]),
      answer: () => this.#voice?.answer(),
      mute: (muted) => this.#voice?.mute(muted),
      hangUp: () => this.#voice?.hangUp(),
    };
    this.signin = new SignIn({ protocol: PROTOCOL, options: this.options, on: this.#onSignIn() });
    const { form } = this.signin;
    this.view = new View(container, { protocol: PROTOCOL, theme: this.options.theme, on, form });
    this.listening = new AbortController();
    const { signal } = this.listening;
    const seen = () => this.#room?.be(document.hidden ? "away" : "online");
    document.addEventListener("visibilitychange", seen, { signal });
    window.addEventListener("storage", ({ key }) => this.signin.storageChanged(key), { signal });
    window.addEventListener("pagehide", () => this.#leaveRoom({ going: true }), { signal });
    this.#me = this.signin.who;
    this.#draw();
    this.signin.begin();
  }

  // -- the page's contract

  /** The id of the room one is in, or null. */
  getRoomId() {
    return this.#room?.roomId ?? null;
  }

  /**
   * Makes a room and enters it.
   * @returns {Promise<string | null>} its id; null where it failed, which is shown
   */
  async createRoom({ customName } = {}) {
    return this.#enter(async () => {
      const { id, name } = this.#me;
      const fields = { broadcasterId: id, broadcasterName: name };
      const wanted = customName ? nameFor([customName], PROTOCOL) : "";
      if (customName && wanted !== customName) {
        const most = PROTOCOL.words.Name.maxLength;
        throw new SignalingError(`A room's name has letters, digits, spaces, - and _ only, ${most} of them at most.`);
      }
      if (wanted) fields.customName = wanted;
      const made = await this.signaling.createRoom(fields);
      return { made, isHost: true, customName: wanted };
    });
  }

  /**
   * Enters the room of this id.
   * @returns {Promise<boolean>} once its channel is open; false where it failed, which is shown
   */
  async joinRoom(id) {
    const entered = await this.#enter(async () => {
      if (complaint(PROTOCOL.words.RoomId, id) !== null) throw new SignalingError(NO_ID);
      const made = await this.signaling.joinRoom(id, this.#me.id, this.#me.name);
      return { made, isHost: made.broadcasterId === this.#me.id };
    });
    return entered !== null;
  }

  /** Sends a message to the room; false where it is not taken, which is shown. */
  sendMessage(text) {
    if (this.#room === null || this.#phase === "ended") {
      this.view.error("Enter a room first.");
      return false;
    }
    const why = this.#room.say(String(text), this.emojis.named(String(text)));
    this.view.error(why ?? "");
    if (why === null) this.#typist.sent();
    return why === null;
  }

  /** What the widget is doing. */
  getState() {
    return stateOf({ phase: this.#phase, me: this.#me, room: this.#room });
  }

  /** Leaves the room and empties the container. */
  destroy() {
    if (this.#ended) return;
    this.#ended = true;
    this.listening.abort();
    this.lobby?.end();
    this.#leaveRoom({ going: true });
    this.keeping?.end();
    this.emojis?.end();
    this.view.destroy();
  }

  // -- signing in

  #onSignIn() {
    const now = (action) => (...given) => this.#ended || action(...given);
    return {
      entered: now((who, again) => (again && this.#room !== null ? this.#draw() : this.#entered(who))),
      required: now(() => this.#signinRequired()),
      error: now((text) => this.view.error(text)),
    };
  }

  #entered(who) {
    this.#leaveRoom();
    const { signalingUrl: url, onReady } = this.options;
    const { pass } = this.signin;
    this.#me = who;
    this.signaling = new Signaling({ protocol: PROTOCOL, url, pass, onUnauthorized: () => this.signin.refused() });
    this.emojis?.end();
    this.emojis = new Emojis({ protocol: PROTOCOL, url, pass, changed: () => this.view.emojis(this.emojis) });
    this.view.emojis(this.emojis);
    this.keeping?.end();
    this.keeping = new Keeping({ protocol: PROTOCOL, me: who, view: this.view.kept, notice: (text) => this.#say(text) });
    this.#phase = "lobby";
    this.#draw();
    const on = {
      waiting: () => this.#phase === "lobby",
      rooms: (list) => this.view.rooms(list, this.getRoomId()),
      failed: (error) => this.#busy || this.view.error(error.message),
    };
    this.lobby?.end();
    this.lobby = new Lobby({ protocol: PROTOCOL, signaling: this.signaling, on });
    queueMicrotask(() => this.#ended || onReady?.());
  }

  /** Whoever has an open channel stays in the chat; the form is shown beside it. */
  #signinRequired() {
    if (this.#room === null && this.signin.form) {
      this.lobby?.end();
      this.#me = null;
      this.signaling = undefined;
      this.#phase = "signed-out";
    }
    this.#draw();
    queueMicrotask(() => this.#ended || this.options.onAuthRequired?.());
  }

  async #signOut() {
    if (this.#busy) return;
    this.#busy = true; // no room is entered meanwhile
    this.#draw();
    await this.signin.signOut();
    this.#busy = false;
    this.#draw();
  }

  // -- rooms

  /** Leaves whatever room there is and enters the one that `ask` gets from the server. */
  async #enter(ask) {
    if (this.#me === null || this.signaling === undefined) {
      this.view.error("Please sign in first.");
      return null;
    }
    if (this.#busy) return null;
    this.#busy = true;
    this.view.error("");
    this.#draw();
    let left = false; // a refusal costs nobody the room they are in
    try {
      if (!globalThis.isSecureContext) throw new SignalingError(UNSAFE);
      const found = await ask();
      if (this.#ended) return null;
      left = true;
      this.#leaveRoom();
      return await this.#begin(found);
    } catch (error) {
      if (left && !this.#ended) this.#leaveRoom();
      this.#failed(error);
      return null;
    } finally {
      this.#busy = false;
      this.#draw();
    }
  }

  async #begin({ made, isHost, customName = made.customName }) {
    this.#turn += 1;
    const turn = this.#turn;
    const now = (action) => (...given) => turn === this.#turn && !this.#ended && action(...given);
    const room = new Room({
      protocol: PROTOCOL,
      me: this.#me,
      roomId: made.roomId,
      isHost,
      hostId: made.broadcasterId ?? null,
      on: {
        changed: now(() => this.#draw()),
        notice: now((text) => this.#say(text)),
        moved: now((id) => this.#moved(id)),
        hostLeft: now(() => this.#hostLeft()),
        guestLeft: now((link) => this.#role.left(link)),
        silent: now((link) => this.#role.silent(link)),
        said: now((message) => this.keeping.add(message)),
        closed: now((link) => this.#voice.closed(link)),
        voice: now((link, frame) => this.#voice.receive(link, frame)),
      },
    });
    room.anonymous = made.anonymous === true;
    this.#room = room;
    this.keeping.enter(room);
    this.emojis.look();
    this.#voice = new Voice({
      me: this.#me,
      roomId: () => room.roomId,
      isHost,
      iceServers: () => iceServersOf(this.signaling, this.options.relayOnly),
      relayOnly: this.options.relayOnly,
      onChanged: now(() => this.#draw()),
      onTrouble: now((words) => this.view.error(words)),
    });
    this.#typist = new Typist(PROTOCOL.peer.typing_shown, { typing: room.typing, stop: room.typingStop });
    this.#title = customName || (isHost ? "Your room" : titleOf(made));
    const common = { protocol: PROTOCOL, signaling: this.signaling, room, relayOnly: this.options.relayOnly };
    let trouble = null; // what the role complained of: it takes back that, and nothing that others said
    const onTrouble = now((error) => {
      if (error !== null) this.view.error((trouble = error.message));
      else if (trouble !== null) this.view.takeBack(trouble);
    });
    if (document.hidden) room.be("away");
    if (isHost) {
      this.#role = new Host({ ...common, customName, participants: made.participantCount, onTrouble });
      this.#phase = "chat";
      this.#role.start();
      this.#announce();
      return room.roomId;
    }
    const onState = now((state, about) => this.#guestState(state, about));
    const onSettled = now((id) => this.keeping.moved(id));
    this.#role = new Guest({ ...common, onTrouble, onState, onSettled });
    this.#phase = "joining";
    this.#status = "Joining the room…";
    this.#announce();
    await this.#role.start();
    return turn === this.#turn && this.#phase === "chat" ? room.roomId : null;
  }

  #guestState(state, { wait, tried, error } = {}) {
    if (state === "open") {
      this.#phase = "chat";
      this.#status = "";
      this.view.error("");
    } else if (state === "lost") {
      this.#phase = "reconnecting";
      const tries = PROTOCOL.peer.reconnect_tries;
      this.#status =
        `The connection was lost. Trying again in ${wait} s (${tried} of ${tries}). What you write is kept.`;
      if (error?.retryAfter) this.view.error(error.message);
    } else {
      this.#phase = "ended";
      this.#status = "";
      this.view.error(`The connection could not be made again. ${error?.message ?? ""}`.trim());
    }
    this.#draw();
  }

  #hostLeft() {
    this.#phase = "ended";
    this.#status = "The host has left, so this chat is over. You can still read it.";
    this.#voice.end();
    this.#role.end();
    this.#typist.sent();
    this.#draw();
  }

  #moved(id) {
    if (this.#room.isHost) this.keeping.moved(id);
    else this.#role.moved();
    this.#announce(id);
    this.#draw();
  }

  #say(text) {
    this.#status = text.slice(0, 300);
    this.#draw();
  }

  /** Leaves by a person's wish. */
  #left() {
    this.#leaveRoom();
    this.view.error("");
    this.#draw();
    this.view.focusLobby();
    this.lobby?.look();
  }

  /** `going`: the page itself may go, so nothing can be waited for. */
  #leaveRoom({ going = false } = {}) {
    const [room, role] = [this.#room, this.#role];
    if (room === null) return;
    this.#turn += 1;
    this.#typist.end();
    this.#voice.end();
    [this.#room, this.#role, this.#typist, this.#voice] = [null, null, null, null];
    this.#phase = "lobby";
    this.#status = "";
    this.keeping.left();
    room.leave();
    role.end();
    this.signaling.leaveRoom(room.roomId, { keepalive: going }).catch(() => {}); // the server forgets us by itself
    if (!going) this.#announce(null);
  }

  #failed(error) {
    if (this.#ended) return;
    const known = error instanceof SignalingError || error?.constructor?.name === "ConnectionError";
    if (error.status === 404 && error.operation !== "createRoom") this.view.error(GONE);
    else this.view.error(known ? error.message : "Something went wrong here. Please try again.");
    this.lobby?.look();
    if (!known) setTimeout(() => { throw error; }); // a fault of ours: for the page's own error handling
  }

  /** Tells the page which room it is, for its address bar. */
  #announce(roomId = this.getRoomId()) {
    if (roomId !== null) this.lobby.look(true);
    this.container.dispatchEvent(new CustomEvent("chat-room", { detail: { roomId } }));
  }

  // -- drawing

  #drawNow() {
    const room = this.#room;
    const was = this.shown;
    this.shown = this.#phase;
    this.view.update({
      phase: this.#phase,
      signin: this.signin.asked(this.#phase === "signed-out"),
      inRoom: room !== null,
      name: this.#me?.name ?? null,
      meId: this.#me?.id,
      roomId: room?.roomId ?? null,
      title: this.#title,
      status: this.#status,
      busy: this.#busy,
      canWrite: room !== null && this.#phase !== "ended",
      messages: room?.messages.entries ?? [],
      people: room?.people.present ?? [],
      typing: room?.people.typing ?? [],
      call: callModel(this.#voice, room, this.#phase === "chat"),
    });
    if (was === "signed-out" && this.#phase === "lobby" && this.signin.form) this.view.focusLobby();
    if (was !== "chat" && was !== "reconnecting" && this.#phase === "chat") this.view.focusText();
  }
}

/** The widget; `new` may be left out. See Widget for what it can do. */
export function ChatWidget(options) {
  return new Widget(options);
}

window[PROTOCOL.page.global.object] = { [PROTOCOL.page.global.constructor]: ChatWidget };
