// Validates an AsyncAPI file with the official parser: prints its complaints as JSON, one array.
import { Parser, fromFile } from "@asyncapi/parser";

const { diagnostics, document } = await fromFile(new Parser(), process.argv[2]).parse();
const complaints = diagnostics.map(({ severity, code, message, path }) => ({
  severity,
  code: String(code),
  message,
  path: path.join("."),
}));
if (!document) complaints.push({ severity: 0, code: "no-document", message: "not parsed", path: "" });
console.log(JSON.stringify(complaints));
