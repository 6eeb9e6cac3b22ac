// The node:http twin of the reference server's heartbeat: the same checks and the same headers, no framework.
// Usage: node heartbeat_node.mjs SETTINGS.json   (written by heartbeat.py from the spec; prints its URL)
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const roomPattern = new RegExp(settings.roomPattern);
const allowed = new Set(settings.origins);
const tokens = new Map(); // verified tokens
const rooms = new Map();
const windows = new Map(); // heartbeat budget, by user and room

class Refusal extends Error {
  constructor(status, error, message) {
    super(message);
    this.status = status;
    this.error = error;
  }
}

const security = {
  "content-type": "application/json",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
  vary: "Origin",
  server: "node",
};

function headersFor(origin) {
  const headers = { ...security };
  if (origin !== undefined && allowed.has(origin)) {
    headers["access-control-allow-origin"] = origin;
    headers["access-control-allow-credentials"] = "true";
    headers["access-control-expose-headers"] = settings.exposed;
  }
  return headers;
}

function verified(token) {
  const [head, payload, signature] = token.split(".");
  const mac = createHmac("sha256", settings.secret).update(`${head}.${payload}`).digest();
  const given = Buffer.from(signature ?? "", "base64url");
  if (given.length !== mac.length || !timingSafeEqual(given, mac)) throw new Refusal(401, "Unauthorized", "bad token");
  const claims = JSON.parse(Buffer.from(payload, "base64url"));
  const identity = { user: claims.customerId, csrf: Buffer.from(claims.csrf), until: claims.exp + settings.leeway };
  tokens.set(token, identity);
  return identity;
}

function identityOf(request) {
  let token;
  for (const part of (request.headers.cookie ?? "").split(";")) {
    const [name, value] = part.trim().split("=");
    if (name === settings.cookie) {
      token = value;
      break;
    }
  }
  if (token === undefined) throw new Refusal(401, "Unauthorized", "A token is needed.");
  const identity = tokens.get(token) ?? verified(token);
  if (Date.now() / 1000 >= identity.until) throw new Refusal(401, "Unauthorized", "expired");
  return identity;
}

function checkCsrf(request, identity) {
  const origin = request.headers.origin;
  if (origin !== undefined && !allowed.has(origin)) throw new Refusal(403, "Forbidden", "This origin may not write.");
  const sent = Buffer.from(request.headers[settings.csrfHeader] ?? "");
  if (sent.length !== identity.csrf.length || !timingSafeEqual(sent, identity.csrf))
    throw new Refusal(403, "Forbidden", "The CSRF header is not that of the token.");
}

function spend(user, room) {
  const key = `${user} ${room}`;
  const now = Date.now();
  let window = windows.get(key);
  if (window === undefined || now >= window.ends) {
    window = { ends: now + settings.window * 1000, count: 0 };
    windows.set(key, window);
  }
  if (window.count >= settings.limit) throw new Refusal(429, "Too many requests", "The budget is spent.");
  window.count += 1;
}

function shown(room) {
  return {
    roomId: room.id,
    broadcasterId: room.creator,
    broadcasterName: room.name,
    createdAt: room.createdAt,
    participantCount: room.participants.size,
    isPublic: true,
    lastActivity: room.activity,
  };
}

const operations = {
  [settings.createPath](identity, fields) {
    const now = Date.now();
    const room = {
      id: `room_${randomBytes(16).toString("hex")}`,
      creator: identity.user,
      name: fields.broadcasterName,
      createdAt: new Date(now).toISOString(),
      activity: now,
      participants: new Set([identity.user]),
    };
    rooms.set(room.id, room);
    return { success: true, room: shown(room) };
  },
  [settings.heartbeatPath](identity, fields) {
    const { roomId } = fields;
    if (typeof roomId !== "string" || roomId.length > settings.roomLength || !roomPattern.test(roomId))
      throw new Refusal(400, "Invalid request", "roomId: is not valid");
    spend(identity.user, roomId);
    const room = rooms.get(roomId);
    if (room === undefined) throw new Refusal(404, "Not found", "The room was not found.");
    if (!room.participants.has(identity.user)) throw new Refusal(403, "Forbidden", "Only a participant may do this.");
    room.activity = Date.now();
    rooms.delete(roomId); // to the end: the map is in the order of activity, for the listing
    rooms.set(roomId, room);
    return { success: true, message: "Heartbeat received", room: shown(room) };
  },
};

function answer(response, origin, status, value) {
  const body = Buffer.from(JSON.stringify(value));
  const headers = headersFor(origin);
  headers["content-length"] = body.length;
  response.writeHead(status, headers);
  response.end(body);
}

const server = createServer((request, response) => {
  const origin = request.headers.origin;
  const parts = [];
  let size = 0;
  request.on("data", (part) => {
    size += part.length;
    if (size < settings.bodyBytes) parts.push(part);
  });
  request.on("end", () => {
    try {
      const operation = request.method === "POST" ? operations[request.url] : undefined;
      if (operation === undefined) throw new Refusal(404, "Not found", "There is nothing at this path.");
      if (size >= settings.bodyBytes) throw new Refusal(413, "Body too large", "The body is too large.");
      const identity = identityOf(request);
      checkCsrf(request, identity);
      if (request.headers["content-type"] !== "application/json") throw new Refusal(415, "Unsupported content", "JSON");
      const fields = JSON.parse(parts.length === 1 ? parts[0].toString() : Buffer.concat(parts).toString());
      answer(response, origin, 200, operation(identity, fields));
    } catch (error) {
      if (!(error instanceof Refusal)) error = new Refusal(400, "Invalid request", "The body is not valid JSON.");
      answer(response, origin, error.status, { error: error.error, message: error.message });
    }
  });
});

server.listen(0, "127.0.0.1", () => {
  console.log(JSON.stringify({ event: "listening", url: `http://127.0.0.1:${server.address().port}` }));
});
process.on("SIGTERM", () => process.exit(0));
