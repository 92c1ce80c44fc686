/** How many columns a text takes on a terminal. */

export type Measure = (text: string) => number

/** Counts characters: enough where nobody looks at the columns, and exact for plain ASCII. */
export const countCharacters: Measure = (text) => (isPlain(text) ? text.length : [...text].length)

/** The most columns that a text can take: what is no ASCII counts as wide. */
export const atMost: Measure = (text) => {
  let width = 0
  for (const character of text) width += character > '\u007e' ? 2 : 1
  return width
}

/** The measure for these texts; the tables of wide characters are loaded only where one needs them. */
export async function measureFor(texts: Iterable<string>): Promise<Measure> {
  for (const text of texts) {
    if (!isPlain(text)) return (await import('string-width')).default
  }
  return countCharacters
}

/**
 * The longest start of `text` that fits into `width` columns, with … when something was cut.
 * What looks like one character is never split.
 */
export function cutToWidth(text: string, width: number, measure: Measure): string {
  if (measure(text) <= width) return text
  if (width <= 0) return ''
  if (isPlain(text)) return `${text.slice(0, width - 1).trimEnd()}…`
  let kept = ''
  let used = 0
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    used += measure(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept.trimEnd()}…`
}

function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}
