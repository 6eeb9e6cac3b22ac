// Node judges what Python made. Input: {"envelopes": [{token, envelope}], "hs256": {secret, tokens},
// "rs256": {jwks, tokens}}. Output: {"plaintexts": [...], "hs256": [claims or null], "rs256": [...]}.
import { readFileSync } from "node:fs";

const { subtle } = globalThis.crypto;
const asked = JSON.parse(readFileSync(0, "utf8"));
const utf8 = (text) => new TextEncoder().encode(text);
const bytes = (text, coding) => new Uint8Array(Buffer.from(text, coding));

async function open({ token, envelope }) {
  const secret = await subtle.importKey("raw", utf8(token), "PBKDF2", false, ["deriveKey"]);
  const kdf = { name: "PBKDF2", hash: "SHA-256", salt: bytes(envelope.salt, "base64"), iterations: 100000 };
  const key = await subtle.deriveKey(kdf, secret, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  const plain = await subtle.decrypt({ name: "AES-GCM", iv: bytes(envelope.iv, "base64") }, key, bytes(envelope.data, "base64"));
  return new TextDecoder("utf-8", { fatal: true }).decode(plain);
}

async function verify(token, key, algorithm) {
  const [header, payload, signature] = token.split(".");
  const good = await subtle.verify(algorithm, key, bytes(signature, "base64url"), utf8(`${header}.${payload}`));
  return good ? JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) : null;
}

const hmac = await subtle.importKey("raw", utf8(asked.hs256.secret), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };

async function byJwks(token) {
  const { kid } = JSON.parse(Buffer.from(token.split(".")[0], "base64url").toString("utf8"));
  const jwk = asked.rs256.jwks.keys.find((one) => one.kid === kid);
  if (!jwk) return null;
  return verify(token, await subtle.importKey("jwk", jwk, rsa, false, ["verify"]), rsa.name);
}

const out = {
  plaintexts: await Promise.all(asked.envelopes.map(open)),
  hs256: await Promise.all(asked.hs256.tokens.map((token) => verify(token, hmac, "HMAC"))),
  rs256: await Promise.all(asked.rs256.tokens.map(byJwks)),
};
process.stdout.write(JSON.stringify(out));
