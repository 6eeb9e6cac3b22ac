// Who one is, by the token: its claims are read, not verified (the server does that). Pure.
import { complaint } from "./schema.js";

/** The claims of a JWT, or null where it is none. */
export function claimsOf(token) {
  try {
    const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(part), (char) => char.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null && !Array.isArray(claims) ? claims : null;
  } catch {
    return null;
  }
}

/**
 * Id and name of a token's user; null where it names none.
 * @param {string} token
 * @param {object} protocol PROTOCOL of protocol.js
 * @returns {{id: string, name: string} | null}
 */
export function identity(token, protocol) {
  const claims = claimsOf(token);
  const id = protocol.names.user_claims.map((name) => claims?.[name]).find((value) => value !== undefined);
  if (complaint(protocol.words.UserId, id) !== null) return null;
  return { id, name: nameFor([claims.displayName, claims.name, id], protocol) };
}

/** The first of these that is a valid name, once what names may not have is taken out. */
export function nameFor(wanted, protocol) {
  const { Name } = protocol.words;
  for (const text of wanted) {
    if (typeof text !== "string") continue;
    const plain = text.normalize("NFKD").replace(/[^a-zA-Z0-9 \-_]/g, "").replace(/ +/g, " ").trim();
    const name = plain.slice(0, Name.maxLength);
    if (complaint(Name, name) === null) return name;
  }
  return "Guest";
}
