/** Bytes cut into lines, from pieces that come in any size. */

/** A line, or a piece of one that is too long to hold. */
export interface Piece {
  /** With its line feed, where it has one. */
  readonly bytes: Buffer
  /** What it ends with: a line feed, the end of the file, or more of the same line. */
  readonly end: 'lf' | 'eof' | 'more'
  /** Whether a line begins with it. */
  readonly starts: boolean
}

/** Longer lines come in pieces of this many bytes: memory stays bounded. */
export const longestPiece: number = 8 * 1024 * 1024

/** Cuts what it is given into lines. */
export class LineCutter {
  readonly #longest: number
  #held: Buffer[] = []
  #length = 0
  #starts = true

  constructor(longest: number = longestPiece) {
    this.#longest = longest
  }

  /** The lines that are whole by now. */
  *take(chunk: Buffer): Generator<Piece> {
    let start = 0
    for (let lf = chunk.indexOf(10); lf >= 0; lf = chunk.indexOf(10, start)) {
      this.#hold(chunk.subarray(start, lf + 1))
      yield this.#give('lf')
      start = lf + 1
    }
    if (start < chunk.length) this.#hold(chunk.subarray(start))
    if (this.#length >= this.#longest) yield this.#give('more')
  }

  /** What is left when nothing more comes: a line without its line feed. */
  *end(): Generator<Piece> {
    if (this.#length > 0 || !this.#starts) yield this.#give('eof')
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes)
    this.#length += bytes.length
  }

  #give(end: Piece['end']): Piece {
    const [only] = this.#held
    const bytes =
      this.#held.length === 1 && only !== undefined ? only : Buffer.concat(this.#held, this.#length)
    const piece = { bytes, end, starts: this.#starts }
    this.#held = []
    this.#length = 0
    this.#starts = end !== 'more'
    return piece
  }
}
