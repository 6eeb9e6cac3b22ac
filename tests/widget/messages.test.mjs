// The order of messages that are live, come by sync, or were kept on this device; none is there twice.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./kit.mjs";

const { Messages } = await load("messages.js");

const entry = (id, at, edits = {}) => ({ id, senderId: "bob", name: "Bob", text: id, at, own: false, state: "sent", ...edits });
const ids = (messages) => messages.entries.map(({ id }) => id);

test("what was kept comes before what is said", () => {
  const messages = new Messages();
  messages.restore([entry("a", 1), entry("b", 2)]);
  messages.opened();
  messages.add(entry("d", 9));
  messages.addPast(entry("c", 5, { senderId: "alice" }));
  assert.deepEqual(ids(messages), ["a", "b", "c", "d"]);
  assert.deepEqual(messages.entries.map(({ past }) => past === true), [true, true, true, false]);
});

test("what was kept and comes by sync or live again is there once", () => {
  const messages = new Messages();
  messages.restore([entry("a", 1), entry("b", 2)]);
  messages.opened();
  messages.addPast(entry("a", 1));
  messages.add(entry("b", 2));
  messages.restore([entry("b", 2)]);
  messages.addPast(entry("c", 3));
  assert.deepEqual(ids(messages), ["a", "b", "c"]);
});

test("what is read late from the disk goes where its time is, and a sync goes on in its place", () => {
  const messages = new Messages();
  messages.opened();
  messages.addPast(entry("b", 2));
  messages.add(entry("e", 9));
  messages.restore([entry("a", 1), entry("c", 3)]);
  messages.addPast(entry("d", 4));
  assert.deepEqual(ids(messages), ["a", "b", "c", "d", "e"]);
});

test("what is out is told once, what was kept is not, and one's own once it is sent", () => {
  const told = [];
  const messages = new Messages(({ id }) => told.push(id));
  messages.restore([entry("a", 1)]);
  messages.add(entry("b", 2));
  messages.add(entry("b", 2));
  messages.addPast(entry("c", 1));
  messages.add(entry("mine", 3, { own: true, state: "waiting" }));
  assert.deepEqual(told, ["b", "c"]);
  messages.sent("mine");
  messages.sent("mine");
  messages.sent("nobody's");
  assert.deepEqual(told, ["b", "c", "mine"]);
  assert.equal(messages.entries.at(-1).state, "sent");
});
