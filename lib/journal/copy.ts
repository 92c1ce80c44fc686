/** Making a new journal of an old one. */

import * as disk from '../os/disk.ts'

/** How much is copied at a time, in bytes. */
const chunk = 256 * 1024

/** A file made of another one's bytes and of what takes the place of some; made when first needed. */
export class Copy {
  readonly to: string
  readonly #from: string
  readonly #source: number
  #fd: number | undefined
  /** Where in the source the next bytes to copy begin. */
  #at = 0
  #size = 0

  constructor(source: number, from: string, to: string) {
    this.#source = source
    this.#from = from
    this.to = to
  }

  get isOpen(): boolean {
    return this.#fd !== undefined
  }

  /** Puts a text in place of a range; gives its length in bytes. */
  replace(start: number, end: number, text: string): number {
    this.#fd ??= disk.createFile(this.to)
    this.#copyTo(start)
    const bytes = Buffer.from(text)
    this.#write(bytes)
    this.#at = end
    return bytes.length
  }

  /** Copies what is left and brings all of it to the disk; gives the file's length. */
  finish(end: number): number {
    this.#fd ??= disk.createFile(this.to)
    this.#copyTo(end)
    disk.syncFile(this.#fd, this.to)
    return this.#size
  }

  close(): void {
    if (this.#fd !== undefined) disk.closeFile(this.#fd)
  }

  #copyTo(end: number): void {
    while (this.#at < end) {
      const length = Math.min(chunk, end - this.#at)
      const bytes = disk.readBytes(this.#source, this.#from, this.#at, length)
      if (bytes.length === 0) throw new Error(`${this.#from} became shorter under its lock`)
      this.#write(bytes)
      this.#at += bytes.length
    }
  }

  #write(bytes: Uint8Array): void {
    disk.writeAll(this.#fd as number, this.to, bytes)
    this.#size += bytes.length
  }
}
