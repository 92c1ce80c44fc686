/** Text of tools and users, made safe to show on a terminal. */

// Controls but tab and line end, DEL and C1; bidi marks, embeddings, overrides and isolates; line
// separators; what is invisible and joins nothing; tags. ZWJ and ZWNJ stay: emoji and scripts use them.
const hidden =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu

/**
 * Control characters, escape sequences, bidi overrides and lone carriage returns as `\x1b`, `\u202e`,
 * `\r`; line ends (CR LF becomes LF) and tabs stay.
 */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(hidden, escapeOf)
}

/** `visible` on one line: line ends and tabs become spaces too. */
export function visibleLine(text: string): string {
  return visible(text)
    .replace(/[\n\t]+/g, ' ')
    .trim()
}

function escapeOf(character: string): string {
  if (character === '\r') return '\\r'
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}
