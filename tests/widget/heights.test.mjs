// Which items of a long list belong in the document, by heights that are known or guessed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./kit.mjs";

const { Heights } = await load("heights.js");
const ids = Array.from({ length: 10 }, (_, index) => `m${index}`);

function heights(...known) {
  const made = new Heights();
  known.forEach((height, index) => made.set(ids[index], height));
  return made;
}

test("what touches a stretch is wanted, and at least one", () => {
  const made = heights(10, 20, 30, 40, 50, 60, 70, 80, 90, 100);
  assert.deepEqual(made.within(ids, 0, 25), [0, 2]);
  assert.deepEqual(made.within(ids, 10, 30), [1, 2]);
  assert.deepEqual(made.within(ids, 11, 31), [1, 3]);
  assert.deepEqual(made.within(ids, -400, 5), [0, 1]);
  assert.deepEqual(made.within(ids, 10_000, 20_000), [9, 10]);
  assert.deepEqual(made.within([], 0, 100), [0, 0]);
});

test("the last ones fill a height from the end", () => {
  const made = heights(10, 20, 30, 40, 50, 60, 70, 80, 90, 100);
  assert.deepEqual(made.last(ids, 100), [9, 10]);
  assert.deepEqual(made.last(ids, 101), [8, 10]);
  assert.deepEqual(made.last(ids, 10_000), [0, 10]);
});

test("what was never shown is taken for the mean of what was", () => {
  const made = heights(10, 30);
  assert.equal(made.of("m5"), 20);
  assert.equal(made.between(ids, 0, 4), 80);
  assert.equal(made.set("m0", 50), true);
  assert.equal(made.set("m0", 50), false);
  assert.equal(made.of("m5"), 40);
});

test("at another width all is measured anew, and guessed as before", () => {
  const made = heights(10, 30);
  made.forget();
  assert.equal(made.of("m0"), 20);
  made.set("m0", 80);
  assert.equal(made.of("m1"), 80);
  assert.equal(new Heights().of("m0") > 0, true);
});
