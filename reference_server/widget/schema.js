// Judges a value by a schema of the spec: the JSON Schema keywords that its peer messages use, and x-max-bytes.
// Pure. An unknown keyword is an error of ours, not a value that passes.

const UTF8 = new TextEncoder();
const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;
const patterns = new Map();

/** How many bytes a text has in UTF-8. */
export const bytes = (text) => UTF8.encode(text).length;

/** How many characters (code points) a text has. */
const characters = (text) => [...text].length;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

const TYPES = {
  string: (value) => typeof value === "string",
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  array: Array.isArray,
  object: isObject,
};

const KEYWORDS = {
  type: (want, value) => [want].flat().some((name) => TYPES[name](value)) || `is no ${[want].flat().join(" or ")}`,
  const: (want, value) => value === want || "is another value",
  enum: (want, value) => want.includes(value) || "is none of the values",
  pattern: (want, value) => typeof value !== "string" || compiled(want).test(value) || "does not look right",
  format: (want, value) => want !== "date-time" || typeof value !== "string" || isDate(value) || "is no time",
  minLength: (want, value) => typeof value !== "string" || characters(value) >= want || "is too short",
  maxLength: (want, value) => typeof value !== "string" || characters(value) <= want || "is too long",
  minimum: (want, value) => typeof value !== "number" || value >= want || "is too small",
  maxItems: (want, value) => !Array.isArray(value) || value.length <= want || "has too many items",
  "x-max-bytes": (want, value) => typeof value !== "string" || bytes(value) <= want || "is too long",
  required: (want, value) => {
    const missing = isObject(value) ? want.find((name) => !Object.hasOwn(value, name)) : undefined;
    return missing === undefined || `lacks ${missing}`;
  },
  properties: (want, value) => {
    if (!isObject(value)) return true;
    return first(Object.entries(want), ([name, schema]) => {
      const found = Object.hasOwn(value, name) ? complaint(schema, value[name]) : null;
      return found && `${name} ${found}`;
    });
  },
  items: (want, value) => !Array.isArray(value) || first(value, (item) => complaint(want, item)),
  allOf: (want, value) => first(want, (schema) => complaint(schema, value)),
};

/**
 * What is wrong with a value, in words that do not show it; null where nothing is.
 * @param {object} schema JSON Schema with its references replaced
 * @param {unknown} value as JSON.parse made it
 * @returns {string | null}
 */
export function complaint(schema, value) {
  for (const [name, want] of Object.entries(schema)) {
    if (name === "if" || name === "then") continue;
    if (!(name in KEYWORDS)) throw new Error(`the schema has an unknown keyword: ${name}`);
    const found = KEYWORDS[name](want, value);
    if (found !== true) return found;
  }
  if ("if" in schema && complaint(schema.if, value) === null) return complaint(schema.then ?? {}, value);
  return null;
}

/** The first complaint about any of the items, or true. */
function first(items, judge) {
  for (const item of items) {
    const found = judge(item);
    if (found !== null) return found;
  }
  return true;
}

function compiled(pattern) {
  if (!patterns.has(pattern)) patterns.set(pattern, new RegExp(pattern, "u"));
  return patterns.get(pattern);
}

function isDate(text) {
  return DATE_TIME.test(text) && !Number.isNaN(Date.parse(text));
}
