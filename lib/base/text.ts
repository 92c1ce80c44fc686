/** Plain facts about text. */

/** The first `max` characters (code points), with … when something was cut. */
export function headOf(text: string, max: number): string {
  if (text.length <= max) return text
  const points = [...text.slice(0, max * 2)]
  return points.length <= max && text.length <= max * 2
    ? text
    : `${points.slice(0, max - 1).join('')}…`
}

/** The longest start of `text` that has at most `max` UTF-16 units and splits no character. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  const last = text.charCodeAt(max - 1)
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max)
}

/**
 * The words of a command line: quotes and backslashes keep spaces, and nothing else means anything.
 * Undefined when a quote is not closed, or nothing follows a backslash.
 */
export function splitWords(line: string): readonly string[] | undefined {
  const word = /(?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'[^']*')+/g
  if (line.replace(word, '').trim() !== '') return undefined
  const words = line.match(word) ?? []
  return words.map((word) =>
    word.replace(
      /'([^']*)'|"((?:[^"\\]|\\[\s\S])*)"|\\([\s\S])/g,
      (_, raw, quoted, escaped) => raw ?? quoted?.replace(/\\(["\\$`])/g, '$1') ?? escaped,
    ),
  )
}

/** A word as a shell takes it; one with control characters as those take it that know `$'…'`. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  if (!hasControls(word)) return `'${word.replaceAll("'", `'\\''`)}'`
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return `$'${word.replace(/['\\\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, (c) =>
    c === "'" || c === '\\' ? `\\${c}` : (shortEscapes[c] ?? longEscape(c)),
  )}'`
}

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function longEscape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** A command as a shell takes it. */
export function commandLine(argv: readonly string[]): string {
  return argv.map(shellWord).join(' ')
}

/** One line: control characters and line ends become single spaces. */
export function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\s]+/g, ' ').trim()
}

/** Whether `text` has a control character (C0, DEL, C1) or a line separator. */
export function hasControls(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(text)
}

/** The nearest of `words` within a few edits of `typed`, or undefined. */
export function nearestWord(typed: string, words: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.max(2, Math.floor(typed.length / 3)) + 1
  for (const word of words) {
    const edits = countEdits(typed, word, least)
    if (edits < least && edits < Math.max(typed.length, word.length)) {
      best = word
      least = edits
    }
  }
  return best
}

function countEdits(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + same,
      )
    }
    row = next
  }
  return row[b.length] as number
}

/**
 * The same text with memory of its own, for what is remembered: a slice keeps the whole text alive
 * that it was taken from.
 */
export function detached(slice: string): string {
  return `${slice} `.slice(0, -1)
}
