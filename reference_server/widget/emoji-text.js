// Where the names of emoji stand in a text (page.yaml, emoji). Pure: which names are known is for others to say.

/**
 * A function that takes a text apart: (text) => [{text} | {text, name}], which together are the text.
 * @param {object} protocol PROTOCOL of protocol.js
 */
export function finder({ words: { EmojiName }, page: { emoji } }) {
  const name = EmojiName.pattern.replace(/^\^|\$$/g, "");
  const row = new RegExp(`(?<!${emoji.not_beside})(?::${name}:)+(?!${emoji.not_beside})`, "gu");
  const one = new RegExp(`:(${name}):`, "gu");
  return (text) => {
    const parts = [];
    let done = 0;
    const plain = (end) => end > done && parts.push({ text: text.slice(done, end) });
    // Word by word, for a URL is one: nothing here takes longer than the text is long.
    for (const { 0: word, index: start } of text.matchAll(/\S+/gu)) {
      if (word.includes(emoji.not_within)) continue;
      for (const { 0: found, index } of word.matchAll(row)) {
        plain(start + index);
        for (const [whole, named] of found.matchAll(one)) parts.push({ text: whole, name: named });
        done = start + index + found.length;
      }
    }
    plain(text.length);
    return parts;
  };
}
