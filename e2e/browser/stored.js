// All that the page's origin has in IndexedDB, whatever its layout: texts, numbers that may be bytes, and bytes, of keys
// and values alike. Bounded: a page may store anything.
async ({ most }) => {
  const found = { texts: [], bytes: [], records: 0, size: 0 };
  const result = (request) => new Promise((done, failed) => {
    request.onsuccess = () => done(request.result);
    request.onerror = request.onblocked = () => failed(request.error);
  });
  const take = (list, item, size) => {
    found.size += size;
    if (found.size > most) throw new RangeError("more is stored than a check reads");
    list.push(item);
  };
  const text = (bytes) => {
    let made = "";
    for (let at = 0; at < bytes.length; at += 8192) made += String.fromCharCode(...bytes.subarray(at, at + 8192));
    return btoa(made);
  };
  const seen = new Set();
  const walk = async (value) => {
    if (typeof value === "string") return take(found.texts, value, value.length);
    if (typeof value === "number" || typeof value === "bigint") return take(found.texts, String(value), 8);
    if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
    seen.add(value);
    if (value instanceof Blob) return walk(await value.arrayBuffer());
    if (value instanceof ArrayBuffer) return take(found.bytes, text(new Uint8Array(value)), value.byteLength);
    if (ArrayBuffer.isView(value)) {
      const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      return take(found.bytes, text(bytes), bytes.length);
    }
    if (value instanceof Date) return take(found.texts, String(value.getTime()), 8);
    if (value instanceof Map || value instanceof Set) return walk([...value]);
    const all = Object.values(value);
    const isByte = (one) => Number.isInteger(one) && one >= 0 && one < 256;
    if (all.length > 0 && all.every(isByte)) return walk(Uint8Array.from(all));
    if (!Array.isArray(value)) for (const name of Object.keys(value)) await walk(name);
    for (const one of all) await walk(one);
    return undefined;
  };
  for (const { name } of await indexedDB.databases()) {
    const database = await result(indexedDB.open(name));
    try {
      for (const store of database.objectStoreNames) {
        const open = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([result(open.getAllKeys()), result(open.getAll())]);
        found.records += values.length;
        for (const one of [...keys, ...values]) await walk(one);
      }
    } finally {
      database.close();
    }
  }
  return found;
}
