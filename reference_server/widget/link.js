// One channel as the room sees it.

/** The channel to one peer. `text` is sent as it is. */
export class Link {
  constructor(peerId, connection) {
    this.peerId = peerId; // null where the server does not say who it is (anonymous rooms)
    this.connection = connection;
    this.sentAt = 0;
    this.openedAt = 0;
    this.answered = false; // the other end has said something, so it is there to take what must not be lost
  }

  send(text, now = Date.now()) {
    this.sentAt = now;
    return this.connection.send(text);
  }
}
