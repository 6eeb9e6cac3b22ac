// What getState() tells: plain values, of which a page may change its own copy.

/** @param {{phase: string, me: {id: string, name: string} | null, room: object | null}} widget `room`: see room.js */
export function stateOf({ phase, me, room }) {
  return {
    phase,
    roomId: room?.roomId ?? null,
    userId: me?.id ?? null,
    userName: me?.name ?? null,
    role: room === null ? null : room.isHost ? "broadcaster" : "viewer",
    channels: room?.links.size ?? 0,
    peers: (room?.people.present ?? []).filter(({ id }) => id !== me.id).map((person) => ({ ...person })),
    messages: (room?.messages.entries ?? []).map((entry) => ({ ...entry })),
    gaps: (room?.history.gaps ?? []).map((gap) => ({ ...gap })),
    dropped: room?.dropped ?? 0,
  };
}
