// The server beside this file, made wrong in ways that real servers are. Each fault has a name and shows what it
// puts in the place of what: node_server.mjs itself stays right and knows nothing of it.
//
//   node node_faults.mjs NAME

import { readFile } from "node:fs/promises";

const FAULTS = {
  // ---- who is it?

  "a heartbeat counts before the token is looked at": [
    ["    const user = userOf(req);\n    return { success: true, ...posting[second]",
      "    const beating = second === 'heartbeat' && rooms.get(parse(req, bytes).roomId);\n"
      + "    if (beating) active(beating);\n"
      + "    const user = userOf(req);\n    return { success: true, ...posting[second]"],
  ],
  "mail is fetched before the token is looked at": [
    ["    const user = userOf(req);\n    return { success: true, ...reading[second]",
      "    const room = rooms.get(rest[0]);\n"
      + "    const mail = room?.boxes[second];\n"
      + "    if (mail) delete room.boxes[second];\n"
      + "    const user = userOf(req);\n"
      + "    if (mail) room.boxes[second] = mail;\n"
      + "    return { success: true, ...reading[second]"],
  ],
  "the payload is read, the signature is not": [
    ["  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;\n", ""],
  ],
  "expired tokens are good": [
    ["Number.isFinite(claims.exp) && claims.exp + leeway > clock", "Number.isFinite(claims.exp)"],
  ],
  "a token in the query will do": [
    ["  if (header !== undefined) return",
      "  const asked = new URL(req.url, 'http://localhost').searchParams.get('token');\n"
      + "  if (asked) return asked;\n"
      + "  if (header !== undefined) return"],
  ],
  "the body says who sends": [
    ["  mustBeSelf(user, given.fromUserId);\n", ""],
    ["type: kind, fromUserId: user,", "type: kind, fromUserId: given.fromUserId ?? user,"],
  ],

  // ---- rooms

  "rooms are listed as they were made": [
    ["open.sort((a, b) => b.lastActivity - a.lastActivity).map(shown)", "open.map(shown)"],
  ],
  "a room lives on when all have left": [
    ["    if (room.members.size === 0) rooms.delete(room.roomId);\n", ""],
  ],
  "who joins twice counts twice": [
    ["    room.members.add(user);\n    active(room);",
      "    if (room.members.has(user)) room.twice = (room.twice ?? 0) + 1;\n"
      + "    room.members.add(user);\n    active(room);"],
    ["room.members.size;", "room.members.size + (room.twice ?? 0);"],
  ],
  "an idle room is forgotten by the listing": [
    ["function listing() {\n",
      "function listing() {\n"
      + "  for (const room of rooms.values()) if (now() - room.lastActivity >= LISTED_FOR) room.isPublic = false;\n"],
  ],

  // ---- mail

  "an offer is read again and again": [
    ["  delete room.boxes[kind];\n", "  if (kind !== 'offer') delete room.boxes[kind];\n"],
  ],
  "line breaks of an offer are the server's own": [
    ["[kind]: given[kind], type: kind,", "[kind]: given[kind].replace(/\\r\\n/g, '\\n'), type: kind,"],
  ],
  "a heartbeat keeps the mail alive": [
    ["    active(room);\n    return { message: \"Still here.\"",
      "    for (const mail of Object.values(room.boxes)) mail.until = now() + MAIL_TTL;\n"
      + "    active(room);\n    return { message: \"Still here.\""],
  ],

  // ---- what is let in, and how the rest is refused

  "limits count bytes": [
    ["[...s].length <= 50_000", "Buffer.byteLength(s) <= 50_000"],
    ["[...s].length <= 10_000", "Buffer.byteLength(s) <= 10_000"],
  ],
  "names are one shorter": [
    ["s.length <= 100 && NAME", "s.length < 100 && NAME"],
  ],
  "what cannot be parsed is a server error": [
    ["    throw new Refusal(400, \"The body is not JSON.\");\n", "    throw new Error(\"the body is not JSON\");\n"],
  ],
  "the parser's own words are passed on": [
    ["  } catch {\n    throw new Refusal(400, \"The body is not JSON.\");\n",
      "  } catch (error) {\n    throw new Refusal(400, error.message);\n"],
  ],
  "an unknown path is a web page": [
    ["  throw new Refusal(404, \"There is nothing here.\");\n}\n\nfunction control",
      "  throw new Refusal(404, \"page\");\n}\n\nfunction control"],
    ["    send(res, status, { error:",
      "    if (known && error.message === \"page\")\n"
      + "      return res.writeHead(404, { \"Content-Type\": \"text/html\" }).end(\"<h1>Not Found</h1>\");\n"
      + "    send(res, status, { error:"],
  ],
};

const name = process.argv[2];
if (!Object.hasOwn(FAULTS, name)) {
  console.error(`there is no fault ${JSON.stringify(name)}; there are\n  ${Object.keys(FAULTS).join("\n  ")}`);
  process.exit(1);
}
let source = await readFile(new URL("node_server.mjs", import.meta.url), "utf8");
for (const [right, wrong] of FAULTS[name]) {
  if (source.split(right).length !== 2) throw new Error(`node_server.mjs does not have once: ${right}`);
  source = source.replace(right, () => wrong);
}
await import(`data:text/javascript;base64,${Buffer.from(source).toString("base64")}`);
