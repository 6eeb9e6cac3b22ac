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
document.getElementById("without-token").hidden = Boolean(token);
// Another address after the # is another visit.
window.addEventListener("hashchange", () => location.reload());

if (token) {
  const room = wanted.get("room");
  container.addEventListener("chat-room", ({ detail }) => keep(detail.roomId));
  const Widget = window[object][constructor];
  const widget = new Widget({
    containerId: container.id,
    authApiUrl: location.origin,
    signalingUrl: location.origin,
    autoAuth: true,
    theme,
    token,
    relayOnly: wanted.get("relayOnly") === "1",
    onReady: () => room && queueMicrotask(() => widget.joinRoom(room)),
    onAuthRequired: () => {},
  });
}
