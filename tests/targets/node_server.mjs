// A small signaling server such as somebody else might write: plain node:http, no packages, in memory.
// It offers the profiles core, auth and validation and nothing beyond: no CSRF, no CORS, no budgets, no party
// rooms. Written from the protocol alone; it shares no code and no spec file with Parley.
//
//   JWT_SECRET=...  node node_server.mjs        PORT (8799), TEST_CONTROL=1 for /__test__

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const SECRET = process.env.JWT_SECRET ?? process.env.PARLEY_JWT_SECRET;
const PORT = Number(process.env.PORT ?? 8799);
const TEST_CONTROL = process.env.TEST_CONTROL === "1";
if (!SECRET) {
  console.error("JWT_SECRET is not set");
  process.exit(1);
}

const SECOND = 1000;
const ROOM_TTL = 3600 * SECOND;
const LISTED_FOR = 300 * SECOND;
const MAIL_TTL = 30 * SECOND;
const MAX_BODY = 1024 * 1024;

// ---- state

const rooms = new Map();
let shift = 0;
const now = () => Date.now() + shift;

function roomOr404(id) {
  const room = rooms.get(id);
  if (room && now() - room.touched >= ROOM_TTL) rooms.delete(id);
  const alive = rooms.get(id);
  if (!alive) throw new Refusal(404, "There is no such room.");
  return alive;
}

function memberOr403(room, user) {
  if (!room.members.has(user)) throw new Refusal(403, "You are not in this room.");
}

const active = (room) => { room.lastActivity = room.touched = now(); };

function shown(room) {
  const { roomId, broadcasterId, broadcasterName, createdAt, isPublic, lastActivity, customName } = room;
  const view = { roomId, broadcasterId, broadcasterName, createdAt, isPublic, lastActivity };
  view.participantCount = room.members.size;
  if (customName !== undefined) view.customName = customName;
  if (room.keyHash !== undefined) view.keyHash = room.keyHash;
  if (room.encryptedRoomKey !== undefined) {
    view.encryptedRoomKey = room.encryptedRoomKey;
    view.keyVersion = 1;
  }
  return view;
}

// ---- refusals

class Refusal extends Error {
  constructor(status, message, headers = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

const TITLES = {
  400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found",
  405: "method_not_allowed", 413: "too_large", 415: "unsupported_media_type", 500: "internal",
};

// ---- who is it?

function credential(req) {
  const header = req.headers.authorization;
  if (header !== undefined) return /^bearer +(\S+)$/i.exec(header)?.[1]; // a bearer alone counts
  for (const pair of (req.headers.cookie ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at > 0 && pair.slice(0, at).trim() === "auth_token") return pair.slice(at + 1).trim();
  }
}

function claimsOf(token) {
  const found = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(token ?? "");
  if (!found) return null;
  const [, head, payload, mac] = found;
  const wanted = Buffer.from(createHmac("sha256", SECRET).update(`${head}.${payload}`).digest("base64url"));
  const given = Buffer.from(mac);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
  try {
    const header = JSON.parse(Buffer.from(head, "base64url").toString());
    return header.alg === "HS256" ? JSON.parse(Buffer.from(payload, "base64url").toString()) : null;
  } catch {
    return null;
  }
}

function userOf(req) {
  const claims = claimsOf(credential(req));
  const clock = Date.now() / SECOND; // never the test clock
  const leeway = 60;
  const user = claims && (claims.customerId ?? claims.userId);
  const good = claims
    && typeof user === "string" && ID.test(user)
    && Number.isFinite(claims.exp) && claims.exp + leeway > clock
    && (claims.nbf === undefined || (Number.isFinite(claims.nbf) && claims.nbf - leeway <= clock));
  if (!good) throw new Refusal(401, "A valid token is needed.", { "WWW-Authenticate": "Bearer" });
  return user;
}

// ---- fields

const ID = /^[a-zA-Z0-9_-]{1,255}$/;
const NAME = /^ *[a-zA-Z0-9_-][a-zA-Z0-9 _-]*$/;

const text = (test) => (value) => typeof value === "string" && test(value);
const is = {
  id: text((s) => ID.test(s)),
  room: text((s) => s.length <= 255 && /^room_[a-zA-Z0-9_]+$/.test(s)),
  name: text((s) => s.length <= 100 && NAME.test(s)),
  key: text((s) => [...s].length <= 10_000),
  hash: text((s) => /^[0-9a-f]{64}$/.test(s)),
  sdp: text((s) => s.isWellFormed() && s.includes("v=0") && [...s].length <= 50_000),
  flag: (value) => typeof value === "boolean",
  literal: (wanted) => (value) => value === wanted,
};

// A trailing question mark makes a field optional. Only own properties count, so __proto__ is just a name.
function fields(body, rules) {
  const picked = {};
  for (const [rule, valid] of Object.entries(rules)) {
    const name = rule.replace("?", "");
    if (!Object.hasOwn(body, name)) {
      if (name === rule) throw new Refusal(400, `${name} is required.`);
    } else if (!valid(body[name])) {
      throw new Refusal(400, `${name} is not valid.`);
    } else {
      picked[name] = body[name];
    }
  }
  return picked;
}

function mustBeSelf(user, claimed) {
  if (claimed !== undefined && claimed !== user) throw new Refusal(403, "You can only act as yourself.");
}

// ---- the operations: (user, body or path id) => answer

const posting = {
  "create-room"(user, body) {
    const given = fields(body, {
      broadcasterId: is.id, broadcasterName: is.name, "customName?": is.name, "encryptedRoomKey?": is.key,
      "keyHash?": is.hash, "isPublic?": is.flag, "anonymous?": is.flag,
    });
    mustBeSelf(user, given.broadcasterId);
    const room = {
      isPublic: true, ...given, roomId: `room_${randomBytes(16).toString("hex")}`,
      createdAt: new Date(now()).toISOString(), members: new Set([user]), boxes: {},
    };
    active(room);
    rooms.set(room.roomId, room);
    return { room: shown(room) };
  },

  "join-room"(user, body) {
    const given = fields(body, { roomId: is.room, "userId?": is.id, "userName?": is.name });
    mustBeSelf(user, given.userId);
    const room = roomOr404(given.roomId);
    room.members.add(user);
    active(room);
    return { room: shown(room) };
  },

  heartbeat(user, body) {
    const room = roomOr404(fields(body, { roomId: is.room }).roomId);
    memberOr403(room, user);
    active(room);
    return { message: "Still here.", room: shown(room) };
  },

  leave(user, body) {
    const given = fields(body, { roomId: is.room, "userId?": is.id });
    mustBeSelf(user, given.userId);
    const room = roomOr404(given.roomId);
    if (room.members.delete(user)) room.touched = now();
    if (room.members.size === 0) rooms.delete(room.roomId);
    return { message: "You have left." };
  },

  offer: (user, body) => post("offer", user, body),
  answer: (user, body) => post("answer", user, body),
};

const reading = {
  offer: (user, id) => take("offer", user, id),
  answer: (user, id) => take("answer", user, id),
};

function post(kind, user, body) {
  const given = fields(body, {
    roomId: is.room, [kind]: is.sdp, type: is.literal(kind), "fromUserId?": is.id,
  });
  mustBeSelf(user, given.fromUserId);
  const room = roomOr404(given.roomId);
  memberOr403(room, user);
  room.boxes[kind] = { [kind]: given[kind], type: kind, fromUserId: user, until: now() + MAIL_TTL };
  room.touched = now();
  return { message: `The ${kind} was stored.` };
}

function take(kind, user, id) {
  const room = roomOr404(id);
  memberOr403(room, user);
  const mail = room.boxes[kind];
  if (!mail || mail.until <= now() || mail.fromUserId === user) throw new Refusal(404, `There is no ${kind}.`);
  delete room.boxes[kind];
  const { until, ...message } = mail;
  return message;
}

function listing() {
  const open = [...rooms.values()].filter((room) => room.isPublic && now() - room.lastActivity < LISTED_FOR);
  return { rooms: open.sort((a, b) => b.lastActivity - a.lastActivity).map(shown) };
}

// ---- HTTP

async function read(req) {
  const chunks = [];
  let size = 0;
  for await (const chunk of req) {
    size += chunk.length;
    if (size < MAX_BODY) chunks.push(chunk); // the rest is read, so that the refusal reaches the client
  }
  if (size >= MAX_BODY) throw new Refusal(413, "The body is too large.");
  return Buffer.concat(chunks);
}

function parse(req, bytes) {
  if (!/^application\/json *(;|$)/i.test(req.headers["content-type"] ?? ""))
    throw new Refusal(415, "The body must be application/json.");
  if ((req.headers["content-encoding"] ?? "identity") !== "identity")
    throw new Refusal(415, "The body must not be compressed.");
  let body;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw new Refusal(400, "The body is not JSON.");
  }
  if (body === null || typeof body !== "object" || Array.isArray(body))
    throw new Refusal(400, "The body is not a JSON object.");
  return body;
}

function pathId(raw) {
  let id;
  try {
    id = decodeURIComponent(raw);
  } catch {
    throw new Refusal(400, "The path is not valid.");
  }
  if (!is.room(id)) throw new Refusal(400, "roomId is not valid.");
  return id;
}

function allow(req, method) {
  if (req.method !== method) throw new Refusal(405, "This method is not allowed here.", { Allow: method });
}

async function answer(req) {
  const [first, second, ...rest] = req.url.split("?", 1)[0].slice(1).split("/");
  const bytes = await read(req);
  if (first === "health" && second === undefined) {
    allow(req, "GET");
    return { status: "ok", service: "node-signaling", timestamp: new Date(now()).toISOString() };
  }
  if (first === "__test__" && TEST_CONTROL && rest.length === 0) return control(req, second, bytes);
  if (first === "signaling" && second === "rooms" && rest.length === 0) {
    allow(req, "GET");
    userOf(req);
    return { success: true, ...listing() };
  }
  if (first === "signaling" && rest.length === 0 && Object.hasOwn(posting, second)) {
    allow(req, "POST");
    const user = userOf(req);
    return { success: true, ...posting[second](user, parse(req, bytes)) };
  }
  if (first === "signaling" && rest.length === 1 && Object.hasOwn(reading, second)) {
    allow(req, "GET");
    const user = userOf(req);
    return { success: true, ...reading[second](user, pathId(rest[0])) };
  }
  throw new Refusal(404, "There is nothing here.");
}

function control(req, action, bytes) {
  allow(req, "POST");
  if (action === "reset") {
    rooms.clear();
    shift = 0;
    return { success: true };
  }
  if (action !== "clock") throw new Refusal(404, "There is nothing here.");
  const { advanceSeconds } = parse(req, bytes);
  if (!Number.isFinite(advanceSeconds) || advanceSeconds < 0)
    throw new Refusal(400, "advanceSeconds is not valid.");
  shift += advanceSeconds * SECOND;
  return { now: Math.round(now()) };
}

function send(res, status, body, headers = {}) {
  const bytes = Buffer.from(JSON.stringify(body));
  res.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8", "Content-Length": bytes.length,
    "Cache-Control": "no-store", ...headers,
  });
  res.end(bytes);
}

const server = createServer({ maxHeaderSize: 256 * 1024 }, async (req, res) => {
  try {
    send(res, 200, await answer(req));
  } catch (error) {
    if (res.headersSent || req.destroyed && !req.complete) return res.destroy();
    const known = error instanceof Refusal;
    if (!known) console.error(error);
    const status = known ? error.status : 500;
    send(res, status, { error: TITLES[status], message: known ? error.message : "Something went wrong." },
      known ? error.headers : {});
  }
});

server.listen(PORT, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
