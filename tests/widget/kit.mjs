// Imports the widget's modules from the folder that the test gives, and what it made for them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.env.WIDGET_FOLDER;

export const load = (name) => import(pathToFileURL(join(folder, name)));
export const { PROTOCOL } = await load("protocol.js");
export const given = JSON.parse(readFileSync(join(folder, "given.json"), "utf8"));

let count = 0;

/** A valid chat frame of this sender. */
export function message(senderId, edits = {}) {
  count += 1;
  return {
    type: "message", id: `msg_${count}`, roomId: "room_1", senderId, senderName: "Some Name",
    timestamp: "2026-01-01T00:00:00.000Z", content: `text ${count}`, encrypted: false, ...edits,
  };
}
