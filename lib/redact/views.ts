/** Texts as a reader would see them: without colours, with escapes resolved. */

import type { Find } from './finds.ts'

/** A text, and where each of its characters stands in the text it was made from. */
export interface View {
  readonly text: string
  readonly starts: readonly number[]
  readonly ends: readonly number[]
}

const ESC = '\u001b'
// Colours and cursor moves, titles and links, and the escapes of two characters.
const ansi = new RegExp(
  `${ESC}(?:\\[[0-?]{0,64}[ -/]{0,8}[@-~]|[\\]P_^X][^\\u0007${ESC}]{0,4096}(?:\\u0007|${ESC}\\\\)|[ -/]{0,4}[0-Z\\\\^-~])`,
  'g',
)
const percent = /%[2-7][0-9A-Fa-f]/g
const unicode = /\\{1,4}u00[2-7][0-9A-Fa-f]/g

/** The other views of a text that are worth a search; most texts have none. */
export function viewsOf(text: string): View[] {
  const views: View[] = []
  add(views, text, ESC, ansi, () => '')
  add(views, text, '%', percent, (found) =>
    String.fromCharCode(Number.parseInt(found.slice(1), 16)),
  )
  add(views, text, '\\u00', unicode, (found) =>
    String.fromCharCode(Number.parseInt(found.slice(-2), 16)),
  )
  return views
}

/** The text without terminal escapes; itself when there are none. */
export function withoutAnsi(text: string): string {
  return text.includes(ESC) ? text.replace(ansi, '') : text
}

/** Where a find of the view stands in the text. */
export function findBehind(view: View, find: Find): Find {
  const start = view.starts[find.start] as number
  const end = view.ends[find.end - 1] as number
  return { ...find, start, end }
}

function add(
  views: View[],
  text: string,
  sign: string,
  pattern: RegExp,
  read: (found: string) => string,
): void {
  if (!text.includes(sign)) return
  const starts: number[] = []
  const ends: number[] = []
  const parts: string[] = []
  let done = 0
  const keep = (end: number) => {
    parts.push(text.slice(done, end))
    for (let at = done; at < end; at++) {
      starts.push(at)
      ends.push(at + 1)
    }
  }
  for (const found of text.matchAll(pattern)) {
    keep(found.index)
    done = found.index + found[0].length
    const letter = read(found[0])
    if (letter === '') continue
    parts.push(letter)
    starts.push(found.index)
    ends.push(done)
  }
  if (done === 0) return
  keep(text.length)
  views.push({ text: parts.join(''), starts, ends })
}
