// Makes the test vectors for tokens, envelopes and chains: `node make.mjs FOLDER`.
// Deterministic: fixed salts, ivs and times; the RSA key is kept from the tokens.json beside this file.
import { createHash, createHmac } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const { subtle } = globalThis.crypto;
const folder = process.argv[2];
if (!folder) throw new Error("usage: node make.mjs FOLDER");
const here = fileURLToPath(new URL(".", import.meta.url));

const utf8 = (text) => new TextEncoder().encode(text);
const b64 = (bytes) => Buffer.from(bytes).toString("base64");
const b64url = (bytes) => Buffer.from(bytes).toString("base64url");
const hex = (bytes) => Buffer.from(bytes).toString("hex");
const counted = (length, start) => Uint8Array.from({ length }, (_, index) => (start + index * 7) % 256);
const save = (name, value) => writeFileSync(join(folder, name), JSON.stringify(value, null, 2) + "\n");

// --- tokens

const SECRET = "a shared secret for test vectors: ключ-鍵-🔑";
const KID = "vector-key";

async function rsaKey() {
  const known = join(here, "tokens.json");
  if (existsSync(known)) return JSON.parse(readFileSync(known, "utf8")).rs256.private_jwk;
  const algorithm = { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
  const pair = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
  return subtle.exportKey("jwk", pair.privateKey);
}

async function token(header, claims, key, algorithm) {
  const input = `${b64url(utf8(JSON.stringify(header)))}.${b64url(utf8(JSON.stringify(claims)))}`;
  return `${input}.${b64url(await subtle.sign(algorithm, key, utf8(input)))}`;
}

const claimSets = [
  {
    sub: "alice", iss: "https://issuer.example", aud: "parley", iat: 1767225600, exp: 1767226500,
    jti: "00112233445566778899aabbccddeeff", csrf: "ffeeddccbbaa99887766554433221100", customerId: "alice",
  },
  { sub: "bob", iat: 1767225600, exp: 1767226500, displayName: "Bøb 鮑勃 🙂 \"quoted\" \\ / <b>", userId: "bob-1_x" },
  {},
];

const hmac = await subtle.importKey("raw", utf8(SECRET), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
const privateJwk = await rsaKey();
const rsa = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" };
const privateKey = await subtle.importKey("jwk", privateJwk, rsa, false, ["sign"]);

const hs256 = [];
const rs256 = [];
for (const claims of claimSets) {
  hs256.push({ claims, token: await token({ alg: "HS256", typ: "JWT" }, claims, hmac, "HMAC") });
  rs256.push({ claims, token: await token({ alg: "RS256", typ: "JWT", kid: KID }, claims, privateKey, rsa.name) });
}
save("tokens.json", {
  made_by: "make.mjs (WebCrypto)",
  hs256: { secret: SECRET, tokens: hs256 },
  rs256: { kid: KID, private_jwk: privateJwk, tokens: rs256 },
});

// --- envelopes

const ROUNDS = 100000;
const TIMESTAMP = "2026-01-01T00:00:00.500Z";

async function envelope(tokenText, plain, salt, iv) {
  const secret = await subtle.importKey("raw", utf8(tokenText), "PBKDF2", false, ["deriveKey", "deriveBits"]);
  const kdf = { name: "PBKDF2", hash: "SHA-256", salt, iterations: ROUNDS };
  const key = await subtle.deriveKey(kdf, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const data = await subtle.encrypt({ name: "AES-GCM", iv }, key, utf8(plain));
  return {
    key: hex(await subtle.deriveBits(kdf, secret, 256)),
    envelope: {
      version: 3, encrypted: true, algorithm: "AES-GCM-256", iv: b64(iv), salt: b64(salt),
      tokenHash: hex(await subtle.digest("SHA-256", utf8(tokenText))), data: b64(data), timestamp: TIMESTAMP,
    },
  };
}

const plains = [
  '{"success":true}',
  '{"success":true,"rooms":[{"roomId":"room_1","customName":"Größe 漢字 🙂 – end"}]}',
  '{"success":true,"offer":"v=0\\r\\no=- 1 2 IN IP4 127.0.0.1\\r\\n","type":"offer"}',
  "",
  '{"long":"' + "äöü€".repeat(1000) + '"}',
];
const vectors = [];
for (const [index, plaintext] of plains.entries()) {
  const tokenText = index === 3 ? "short" : hs256[index % 2].token;
  const made = await envelope(tokenText, plaintext, counted(16, index * 31), counted(12, 200 + index));
  vectors.push({ token: tokenText, plaintext, ...made });
}
save("envelope.json", { made_by: "make.mjs (WebCrypto)", epoch_seconds: Date.parse(TIMESTAMP) / 1000, vectors });

// --- chains of peer messages (protocol section 5), from JSON.stringify and node:crypto

const sha = (text) => createHash("sha256").update(text, "utf8").digest("hex");
const roomKey = b64(counted(32, 5));
// RFC 8785 sorts keys by UTF-16 code units, as Array.prototype.sort does; texts and integers are JSON.stringify's.
const sorted = (value) => {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
};
// An object of integer-like keys would be reordered by JavaScript itself, so its text is put together by hand.
const canonical = (value) => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(",")}}`;
};
const contents = [
  "Hello", "", "ümlaut 漢字 🙂 \u2028\u2029 \u007f", 'quotes " \\ / \b\f\n\r\t \u0001', "<b>&amp;</b>", "é".repeat(5120),
];
const chain = [];
for (const [number, content] of contents.entries()) {
  const message = {
    type: "message", id: `msg_${number}`, roomId: "room_4f7c2a9be01d", senderId: "cust_alice", senderName: "Älice",
    timestamp: TIMESTAMP, content, encrypted: false, emoteIds: ["z", "a"],
    extra: { "é": 1, "e": -0, "z": null, "Z": true, "\ud83d\ude42": 9007199254740991, "\ufb33": -9007199254740991, "10": 10, "9": 9 },
  };
  const data = { message };
  const previousHash = chain.length ? chain[chain.length - 1].blockHash : null;
  const blockNumber = number;
  // `data` as JSON.stringify prints it once its keys are sorted; the outer keys in the protocol's order.
  const ordered = canonical(data);
  const blockHash = sha(`{"data":${ordered},"previousHash":${JSON.stringify(previousHash)},"blockNumber":${blockNumber}}`);
  const plain = sorted({ message: { ...message, extra: {} } });
  if (canonical(plain) !== JSON.stringify(plain)) throw new Error("canonical() differs from JSON.stringify");
  const signed = `{"blockHash":"${blockHash}","data":${ordered},"blockNumber":${blockNumber}}`;
  const signature = createHmac("sha256", Buffer.from(roomKey, "ascii")).update(signed, "utf8").digest("hex");
  chain.push({ blockHash, previousHash, blockNumber, chunkId: 0, data, signature, createdAt: TIMESTAMP, confirmedBy: [] });
}
const root = (hashes) => {
  if (hashes.length <= 1) return hashes[0] ?? "";
  const next = [];
  for (let i = 0; i < hashes.length; i += 2) next.push(sha(hashes[i] + (hashes[i + 1] ?? hashes[i])));
  return root(next);
};
const hashes = chain.map((block) => block.blockHash);
save("chain.json", {
  made_by: "make.mjs (JSON.stringify, node:crypto)", room_key: roomKey, key_hash: sha(roomKey),
  canonical: chain.map((block) => canonical(block.data)), blocks: chain,
  merkle_roots: hashes.map((_, count) => root(hashes.slice(0, count))).concat(root(hashes)),
});
