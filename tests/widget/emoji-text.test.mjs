// Where the names of emoji stand in a text.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load, PROTOCOL } from "./kit.mjs";

const { finder } = await load("emoji-text.js");
const parts = finder(PROTOCOL);
const names = (text) => parts(text).flatMap(({ name }) => name ?? []);

test("a name that stands by itself is found, wherever in the text", () => {
  assert.deepEqual(names(":cat:"), ["cat"]);
  assert.deepEqual(names("a :cat: and (:dog_2:), :Cat:!"), ["cat", "dog_2", "Cat"]);
  assert.deepEqual(names("one\n:cat:\ttwo"), ["cat"]);
});

test("a row of names is found, and may have unknown ones in it", () => {
  assert.deepEqual(names(":cat::dog::cat:"), ["cat", "dog", "cat"]);
});

test("times, paths of code, words and half names stay text", () => {
  for (const text of ["10:30:45", "std::cat::dog", "a:cat:b", "ä:cat:", ":cat:dog:", "::cat::", ":cat :", "cat:", ": cat:"]) {
    assert.deepEqual(names(text), [], text);
  }
});

test("names are as the spec has them", () => {
  assert.deepEqual(names(`:a: :${"a".repeat(33)}: :a-b: :ä1:`), []);
  assert.deepEqual(names(`:ab: :${"a".repeat(32)}:`), ["ab", "a".repeat(32)]);
});

test("a word that is a URL has no emoji in it, its neighbours may", () => {
  assert.deepEqual(names("http://host/:cat: :dog:"), ["dog"]);
  assert.deepEqual(names(":cat: https://a.b/x?:dog:=1"), ["cat"]);
});

test("the parts together are the text, also of a long one", () => {
  for (const text of ["", "no name", ":cat:", "a:b :cat::dog: c :x", ":aa".repeat(3_000), ":aa:".repeat(2_500)]) {
    assert.equal(parts(text).map((part) => part.text).join(""), text);
  }
});
