// The public rooms, looked for again and again while one is in none.
import { complaint } from "./schema.js";

const SHOWN = 30;

/** What a room is called. */
export function titleOf({ customName, broadcasterName }) {
  return customName || (broadcasterName ? `${broadcasterName}'s room` : "A room");
}

export class Lobby {
  /**
   * @param {{protocol: object, signaling: object, on: object}} options `on`: waiting() (is one in no room?),
   *   rooms(list) of {roomId, name, people}, failed(error)
   */
  constructor({ protocol, signaling, on }) {
    Object.assign(this, { protocol, signaling, on });
    this.ended = false;
    // As often as a broadcaster that looks by turns: well within what any target allows.
    this.timer = setInterval(() => this.look(), 2000 * protocol.timings.participant_look_interval);
    this.look();
  }

  end() {
    this.ended = true;
    clearInterval(this.timer);
  }

  /** `always`: in a room as well. */
  async look(always = false) {
    if ((!this.on.waiting() && !always) || document.hidden) return;
    try {
      const rooms = await this.signaling.listRooms();
      if (this.ended) return;
      const shown = rooms.filter((room) => this.#isRoom(room)).slice(0, SHOWN);
      this.on.rooms(shown.map((room) => ({ roomId: room.roomId, name: titleOf(room), people: room.participantCount })));
    } catch (error) {
      if (!this.ended && this.on.waiting()) this.on.failed(error);
    }
  }

  /** Whether it can be shown and joined: one that cannot does not hide the others. */
  #isRoom(room) {
    if (complaint(this.protocol.words.RoomId, room?.roomId) !== null) return false;
    return typeof titleOf(room) === "string" && Number.isInteger(room.participantCount);
  }
}
