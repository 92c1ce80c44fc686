/** Text of tools and users, made safe to show on a terminal. */

/**
 * Control characters, escape sequences, bidi overrides, lone carriage returns and what nobody would see
 * as `\x1b`, `\u202e`, `\r`; line ends (CR LF becomes LF) and tabs stay. `before` is what stands on the
 * terminal before the text.
 */
export function visible(text: string, before = ''): string {
  // Most is: the pattern below takes half a millisecond to be made.
  if (/^[\t\n\x20-\x7e]*$/.test(text)) return text
  // Controls but tab and line end, DEL and C1; line separators, and what only annotates; and what shows
  // nothing: bidi marks and overrides, fillers, soft hyphens, tags.
  const hidden =
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufff9-\ufffb\p{Default_Ignorable_Code_Point}]/gu
  // Pairs are spelt out: with the flag `u`, Node 26.10 finds none before an end.
  const last = /(?:[\ud800-\udbff][\udc00-\udfff]|[^\r])$/.exec(before)?.[0] ?? ''
  return (last + text)
    .replaceAll('\r\n', '\n')
    .replace(hidden, (character, at: number, all: string) =>
      at < last.length || isNeeded(all, at) ? character : escapeOf(character),
    )
    .slice(last.length)
}

/** `visible` on one line: line ends and tabs become spaces too. */
export function visibleLine(text: string): string {
  return visible(text)
    .replace(/[\n\t]+/g, ' ')
    .trim()
}

let needed: RegExp | undefined

/**
 * Whether what shows nothing has a use where it stands: a joiner in emoji and in scripts that join, and
 * one selector behind what it selects a form of.
 */
function isNeeded(text: string, at: number): boolean {
  // Half a millisecond that most commands have no need of.
  needed ??= new RegExp(
    [
      '(?<=[\\p{L}\\p{M}\\p{Extended_Pictographic}\\p{Emoji_Modifier}])(?<![\\p{sc=Latin}\\p{sc=Greek}\\p{sc=Cyrillic}\\p{sc=Han}\\p{sc=Hangul}])[\\u200c\\u200d]',
      '(?<=\\p{Extended_Pictographic}|[#*0-9](?=.\\u20e3))[\\ufe0e\\ufe0f]',
      '(?<=\\p{Ideographic})[\\ufe00-\\ufe02\\u{e0100}-\\u{e01ef}]',
      '(?<=[\\u1820-\\u1878])[\\u180b-\\u180d]',
    ].join('|'),
    'uy',
  )
  needed.lastIndex = at
  return needed.test(text)
}

function escapeOf(character: string): string {
  if (character === '\r') return '\\r'
  const code = character.codePointAt(0) ?? 0
  const hex = code.toString(16)
  if (code <= 0xff) return `\\x${hex.padStart(2, '0')}`
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`
}
