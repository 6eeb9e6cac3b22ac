// The page `/`: makes the widget from what stands in the address after the #.
import { PROTOCOL } from "./protocol.js";
import "./widget.js";

const wanted = new URLSearchParams(location.hash.slice(1));
const token = wanted.get("token");
const container = document.getElementById("chat");
const { object, constructor } = PROTOCOL.page.global;

function keep(roomId) {
  if (roomId === null) wanted.delete("room");
  else wanted.set("room", roomId);
  history.replaceState(null, "", `#${wanted}`);
}

const theme = wanted.get("theme") ?? "auto";
if (theme !== "auto") document.documentElement.style.colorScheme = theme;
// Another address after the # is another visit.
window.addEventListener("hashchange", () => location.reload());

const room = wanted.get("room");
const note = document.getElementById("without-token");
container.addEventListener("chat-room", ({ detail }) => keep(detail.roomId));
const Widget = window[object][constructor];
const widget = new Widget({
  containerId: container.id,
  authApiUrl: location.origin,
  signalingUrl: location.origin,
  autoAuth: true,
  theme,
  ...(token ? { token } : {}),
  relayOnly: wanted.get("relayOnly") === "1",
  onReady: () => {
    note.hidden = true;
    if (room) queueMicrotask(() => widget.joinRoom(room));
  },
  onAuthRequired: () => (note.hidden = Boolean(token)),
});
