// Reads a CTRF document from standard input and prints what its own implementation finds wrong, as JSON.
import { readFileSync } from "node:fs";
import { validate } from "ctrf";

const result = validate(JSON.parse(readFileSync(0, "utf8")));
console.log(JSON.stringify(result));
