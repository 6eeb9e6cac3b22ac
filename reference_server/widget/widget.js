// window.StrixunChat.ChatWidget: signs in, makes and enters rooms, and keeps the view up to date (protocol section 6).
import { Guest } from "./guest.js";
import { Host } from "./host.js";
import { identity, nameFor } from "./identity.js";
import { PROTOCOL } from "./protocol.js";
import { Room } from "./room.js";
import { complaint } from "./schema.js";
import { Signaling, SignalingError } from "./signaling.js";
import { Typist } from "./typist.js";
import { View } from "./view.js";

const DRAW_MS = 60; // between two drawings
const ROOMS_SHOWN = 30;
const NO_ID = "That is no room id. It looks like room_1a2b3c.";
const UNSAFE = "This page has to be opened over https: only then a browser can seal messages.";
const GONE = "This room is not there (any more). Check its id, or join another.";

class Widget {
  #phase = "signed-out";
  #me = null;
  #room = null;
  #role = null; // Host or Guest
  #typist = null;
  #title = "";
  #status = "";
  #busy = false;
  #drawing = false;
  #drawn = -Infinity;
  #ended = false;
  #turn = 0; // which room: what an earlier one still has to say is not heard

  constructor(options = {}) {
    const container = document.getElementById(options.containerId);
    if (container === null) throw new Error(`ChatWidget: there is no element with the id ${options.containerId}`);
    this.options = { signalingUrl: location.origin, autoAuth: true, theme: "auto", relayOnly: false, ...options };
    this.container = container;
    const on = {
      create: (customName) => this.createRoom({ customName }),
      join: (id) => this.joinRoom(id),
      leave: () => this.#left(),
      send: (text) => this.sendMessage(text),
      input: (text) => this.#typist?.input(text),
      proceed: () => this.#signIn(),
    };
    this.view = new View(container, { protocol: PROTOCOL, theme: this.options.theme, on });
    this.listening = new AbortController();
    const { signal } = this.listening;
    const seen = () => this.#room?.be(document.hidden ? "away" : "online");
    document.addEventListener("visibilitychange", seen, { signal });
    window.addEventListener("pagehide", () => this.#leaveRoom({ going: true }), { signal });
    this.#me = this.options.token ? identity(this.options.token, PROTOCOL) : null;
    this.#draw();
    if (this.#me !== null && this.options.autoAuth) this.#signIn();
    else this.#authRequired();
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
    const why = this.#room.say(String(text));
    this.view.error(why ?? "");
    if (why === null) this.#typist.sent();
    return why === null;
  }

  /** What the widget is doing. */
  getState() {
    const room = this.#room;
    return {
      phase: this.#phase,
      roomId: this.getRoomId(),
      userId: this.#me?.id ?? null,
      userName: this.#me?.name ?? null,
      role: room === null ? null : room.isHost ? "broadcaster" : "viewer",
      channels: room?.links.size ?? 0,
      peers: (room?.people.present ?? []).filter(({ id }) => id !== this.#me.id).map((person) => ({ ...person })),
      messages: (room?.messages.entries ?? []).map((entry) => ({ ...entry })),
      gaps: (room?.history.gaps ?? []).map((gap) => ({ ...gap })),
      dropped: room?.dropped ?? 0,
    };
  }

  /** Leaves the room and empties the container. */
  destroy() {
    if (this.#ended) return;
    this.#ended = true;
    this.listening.abort();
    clearInterval(this.listing);
    this.#leaveRoom({ going: true });
    this.view.destroy();
  }

  // -- signing in

  #signIn() {
    const { token, signalingUrl, onReady } = this.options;
    const onUnauthorized = () => this.#authRequired();
    this.signaling = new Signaling({ protocol: PROTOCOL, url: signalingUrl, token, onUnauthorized });
    this.#phase = "lobby";
    this.#draw();
    this.#list();
    // As often as a broadcaster that looks by turns: well within what any target allows.
    this.listing = setInterval(() => this.#list(), 2000 * PROTOCOL.timings.participant_look_interval);
    queueMicrotask(() => this.#ended || onReady?.());
  }

  #authRequired() {
    queueMicrotask(() => this.#ended || this.options.onAuthRequired?.());
  }

  async #list(always = false) {
    if ((this.#phase !== "lobby" && !always) || document.hidden) return;
    try {
      const rooms = await this.signaling.listRooms();
      if (this.#ended) return;
      const shown = rooms.slice(0, ROOMS_SHOWN).map((room) => ({
        roomId: room.roomId,
        name: room.customName ?? (room.broadcasterName ? `${room.broadcasterName}'s room` : "A room"),
        people: room.participantCount,
      }));
      this.view.rooms(shown, this.getRoomId());
    } catch (error) {
      if (!this.#ended && this.#phase === "lobby" && !this.#busy) this.view.error(error.message);
    }
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
      },
    });
    room.anonymous = made.anonymous === true;
    this.#room = room;
    this.#typist = new Typist(PROTOCOL.peer.typing_shown, { typing: room.typing, stop: room.typingStop });
    this.#title = customName ?? "";
    this.#title ||= isHost ? "Your room" : made.broadcasterName ? `${made.broadcasterName}'s room` : "A room";
    const common = { protocol: PROTOCOL, signaling: this.signaling, room, relayOnly: this.options.relayOnly };
    const onTrouble = now((error) => this.view.error(error?.message ?? ""));
    if (document.hidden) room.be("away");
    if (isHost) {
      this.#role = new Host({ ...common, customName, participants: made.participantCount, onTrouble });
      this.#phase = "chat";
      this.#role.start();
      this.#announce();
      return room.roomId;
    }
    this.#role = new Guest({ ...common, onTrouble, onState: now((state, about) => this.#guestState(state, about)) });
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
    this.#role.end();
    this.#typist.sent();
    this.#draw();
  }

  #moved(id) {
    if (!this.#room.isHost) this.#role.moved();
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
    this.#list();
  }

  /** `going`: the page itself may go, so nothing can be waited for. */
  #leaveRoom({ going = false } = {}) {
    const [room, role] = [this.#room, this.#role];
    if (room === null) return;
    this.#turn += 1;
    this.#typist.end();
    [this.#room, this.#role, this.#typist] = [null, null, null];
    this.#phase = "lobby";
    this.#status = "";
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
    this.#list();
    if (!known) setTimeout(() => { throw error; }); // a fault of ours: for the page's own error handling
  }

  /** Tells the page which room it is, for its address bar. */
  #announce(roomId = this.getRoomId()) {
    if (roomId !== null) this.#list(true);
    this.container.dispatchEvent(new CustomEvent("chat-room", { detail: { roomId } }));
  }

  // -- drawing

  #draw() {
    if (this.#drawing || this.#ended) return;
    this.#drawing = true;
    const draw = () => {
      this.#drawing = false;
      this.#drawn = performance.now();
      if (!this.#ended) this.#drawNow();
    };
    // The first change is shown at once. Of a flood many are drawn together: a page of many messages takes a while.
    const wait = DRAW_MS - (performance.now() - this.#drawn);
    if (wait > 0 && wait <= DRAW_MS) setTimeout(draw, wait);
    else queueMicrotask(draw);
  }

  #drawNow() {
    const room = this.#room;
    const was = this.shown;
    this.shown = this.#phase;
    this.view.update({
      phase: this.#phase,
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
    });
    if (was !== "chat" && was !== "reconnecting" && this.#phase === "chat") this.view.focusText();
  }
}

/** The widget; `new` may be left out. See Widget for what it can do. */
export function ChatWidget(options) {
  return new Widget(options);
}

window[PROTOCOL.page.global.object] = { [PROTOCOL.page.global.constructor]: ChatWidget };
