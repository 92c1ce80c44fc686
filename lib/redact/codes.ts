/** The characters of a text as numbers: to step over those is twice as fast as over the text. */

const size = 0x20000
const shared = new Uint16Array(size)
const sharedBytes = Buffer.from(shared.buffer)
/** A text so short is copied sooner by hand than by a call out of JavaScript. */
const short = 48

const sharedWords = new Int32Array(size / 4 + 2)
const sharedLow = Buffer.from(sharedWords.buffer)
const isBigEndian = new Uint8Array(Int32Array.of(1).buffer)[0] === 0

let last = ''
let codes = shared
let lastOfWords = ''
let words = sharedWords

/**
 * The UTF-16 units of a text, and behind them whatever there was.
 *
 * They hold until another text is asked for. Several searches of one text share them.
 */
export function codesOf(text: string): Uint16Array {
  const isLast = text === last
  // Also when they only are equal: the same text again is then known without a look at its letters.
  last = text
  if (isLast) return codes
  codes = shared
  if (text.length <= short) {
    for (let at = 0; at < text.length; at++) shared[at] = text.charCodeAt(at)
  } else if (text.length <= size) {
    sharedBytes.write(text, 'utf16le')
  } else {
    codes = new Uint16Array(text.length + 8)
    Buffer.from(codes.buffer).write(text, 'utf16le')
  }
  return codes
}

/**
 * The lower halves of a text's UTF-16 units, four to a number, the first in its lowest bits; and behind
 * them whatever there was, one number at the least.
 *
 * They hold until another text is asked for. To look at four at once is several times faster.
 */
export function wordsOf(text: string): Int32Array {
  const isLast = text === lastOfWords
  lastOfWords = text
  if (isLast) return words
  const { length } = text
  words = length <= size ? sharedWords : new Int32Array((length >> 2) + 2)
  const low = length <= size ? sharedLow : Buffer.from(words.buffer)
  if (length <= short) for (let at = 0; at < length; at++) low[at] = text.charCodeAt(at)
  else low.write(text, 'latin1')
  if (isBigEndian) low.swap32()
  return words
}
