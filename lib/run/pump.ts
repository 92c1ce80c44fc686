/** One stream of a tool: bytes to lines to redacted entries, and the same bytes passed on untouched. */

import type { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { cutText } from '../base/text.ts'
import type { EntryData } from '../journal/entry.ts'
import type { RedactionStream } from '../redact/redact.ts'
import type { Session } from '../session/session.ts'
import type { Recorder } from './recorder.ts'

/** The longest text of one entry, in UTF-16 units; a longer line keeps this much of its start. */
export const longestText: number = 256 * 1024

/** How much more than that is held, so that nothing is cut before it was redacted. */
export const margin: number = 16 * 1024

/** What can be kept of a redacted head: a secret that was cut in half stands at its end. */
export function safeHead(head: string): string {
  return cutText(head, Math.min(longestText, Math.max(0, head.length - margin)))
}

/** What the entries of a turn share: the cap on their bytes. */
export interface Budget {
  /** Bytes that may still be journaled. */
  left: number
  leftOut: { entries: number; bytes: number }
}

/** Takes an entry's bytes out of the budget; false when it has not so much left. */
export function spend(budget: Budget, tail: number): boolean {
  // The line's head, with its number, is not counted yet.
  const bytes = tail + 24
  if (budget.left < bytes) {
    budget.left = 0
    budget.leftOut.entries++
    budget.leftOut.bytes += bytes
    return false
  }
  budget.left -= bytes
  return true
}

/** What becomes of the bytes of a stream. */
export interface Lines {
  /** Journals what is whole. */
  readonly take: (chunk: Buffer) => void
  /** Journals the rest. */
  readonly end: () => void
  /** The last line with something in it. */
  readonly last: string | undefined
}

/** For bytes that say what is journaled from elsewhere. */
export const silentLines: Lines = { take: () => undefined, end: () => undefined, last: undefined }

export interface PumpSpec {
  readonly lines: Lines
  readonly source: Readable
  /** Where the bytes go on to; undefined when nobody wants them. */
  readonly sink: Writable | undefined
  /** Where somebody else shows what the bytes say, the sink among them: only their slowness counts here. */
  readonly shownOn?: readonly Writable[]
  /** Whether the tool goes on when the sink is a terminal that is closed. */
  readonly outlivesTerminal?: boolean
  /** Called before bytes are passed on. */
  readonly beforeWrite?: (chunk: Buffer) => void
  readonly recorder: Pick<Recorder, 'isFull' | 'settled'>
  /** The bytes could not be passed on. */
  readonly onTrouble: (error: Error) => void
}

/** A stream being pumped. */
export interface Pump {
  readonly closed: Promise<void>
  /** Whether the reader downstream makes the tool wait. */
  readonly isWaiting: () => boolean
  /** When bytes last came, in ms of performance.now(). */
  readonly lastBytes: () => number
  /** Passes nothing on any more: what comes is journaled, however slow the reader downstream is. */
  readonly letGo: () => void
  /** Stops reading; what came is journaled. */
  readonly stop: () => void
}

/** Starts to pump a stream. A slow reader slows the tool; when there is no reader, its pipe closes. */
export function startPump(spec: PumpSpec): Pump {
  const { source, lines } = spec
  let { sink } = spec
  let endWait: (() => void) | undefined
  let waiting = 0
  let lastBytes = performance.now()
  const resume = () => {
    if (--waiting === 0) source.resume()
  }
  const pause = () => {
    if (waiting++ === 0) source.pause()
  }
  const findSlow = (to: Writable, chunk: Buffer) => {
    if (spec.shownOn !== undefined) return spec.shownOn.find((one) => one.writableNeedDrain)
    return to.writable && !to.write(chunk) ? to : undefined
  }
  source.on('data', (chunk: Buffer) => {
    lastBytes = performance.now()
    lines.take(chunk)
    if (spec.shownOn === undefined) spec.beforeWrite?.(chunk)
    if (spec.recorder.isFull) {
      pause()
      // Not at once: reading on in the same turn of the loop would starve signals and deadlines.
      void spec.recorder.settled().then(() => setImmediate(resume))
    }
    const slow = sink && findSlow(sink, chunk)
    if (slow !== undefined) {
      pause()
      const go = () => {
        slow.off('drain', go)
        slow.off('close', go)
        endWait = undefined
        resume()
      }
      slow.on('drain', go)
      slow.on('close', go)
      endWait = go
    }
  })
  const letGo = () => {
    sink = undefined
    endWait?.()
  }
  sink?.once('error', (error: NodeJS.ErrnoException) => {
    const isHungUp = error.code === 'EIO' && sink !== undefined && 'isTTY' in sink
    if (isHungUp && spec.outlivesTerminal) return letGo()
    // A reader that left is no trouble; whoever wrote to a full disk should hear of it.
    if (error.code !== 'EPIPE') spec.onTrouble(error)
    if (sink !== undefined) source.destroy()
  })
  const closed = new Promise<void>((resolve) => {
    source.once('error', () => source.destroy())
    source.once('close', () => {
      lines.end()
      resolve()
    })
  })
  return {
    closed,
    isWaiting: () => waiting > 0,
    lastBytes: () => lastBytes,
    letGo,
    stop: () => {
      source.destroy()
    },
  }
}

export interface OutputSpec {
  readonly name: 'stdout' | 'stderr'
  readonly session: Session
  readonly recorder: Recorder
  readonly turn: number
  readonly redaction: RedactionStream
  readonly budget: Budget
  readonly now: () => number
}

/** Cuts a stream into lines and journals each as output. */
export class OutputLines implements Lines {
  last: string | undefined
  readonly #spec: OutputSpec
  readonly #decoder = new StringDecoder('utf8')
  /** The start of a line whose end has not come. */
  #partial = ''
  #partialBytes = 0
  #partialAt = 0

  /** What all whole lines of the stream have in common. */
  readonly #data: EntryData

  constructor(spec: OutputSpec) {
    this.#spec = spec
    this.#data = Object.freeze({ stream: spec.name })
  }

  take(chunk: Buffer): void {
    const now = this.#spec.now()
    const end = chunk.lastIndexOf(10)
    if (end < 0) {
      this.#hold(chunk, now)
      return
    }
    let start = 0
    if (this.#partialBytes > 0) {
      start = chunk.indexOf(10) + 1
      this.#hold(chunk.subarray(0, start - 1), now)
      this.#endPartial(true)
    }
    if (start <= end) this.#journal(chunk.subarray(start, end + 1), now)
    if (end + 1 < chunk.length) this.#hold(chunk.subarray(end + 1), now)
  }

  end(): void {
    if (this.#partialBytes > 0) this.#endPartial(false)
  }

  #hold(bytes: Buffer, now: number): void {
    if (this.#partialBytes === 0) this.#partialAt = now
    this.#partialBytes += bytes.length
    if (this.#partial.length < longestText + margin) this.#partial += this.#decoder.write(bytes)
  }

  #endPartial(ended: boolean): void {
    const isHead = this.#partial.length >= longestText + margin
    const text = this.#partial + this.#decoder.end()
    const bytes = this.#partialBytes
    this.#partial = ''
    this.#partialBytes = 0
    const { value, counts } = this.#spec.redaction.lines(text)
    if (value === '' && text !== '') return
    const data = {
      ...this.#data,
      ...(bytes > longestText ? { truncated: isHead || value.length > longestText, bytes } : {}),
      ...(ended ? {} : { partial: true }),
    }
    this.#remember([value])
    const kept = isHead ? safeHead(value) : cutText(value, longestText)
    this.#push(kept, data, counts, this.#partialAt, false)
  }

  #journal(bytes: Buffer, now: number): void {
    const block = this.#decoder.write(bytes).slice(0, -1)
    // As many letters as bytes, and none that stands for a byte that is no text.
    const isAscii = block.length === bytes.length - 1 && !block.includes('\ufffd')
    const { value, counts } = this.#spec.redaction.lines(block)
    // The rest of a key, all of it taken out.
    if (value === '' && block !== '') return
    let first = counts
    const lines = value.split('\n')
    for (const line of lines) {
      if (line.length > longestText) {
        const long = { ...this.#data, truncated: true, bytes: Buffer.byteLength(line) }
        this.#push(cutText(line, longestText), long, first, now, isAscii)
      } else {
        this.#push(line, this.#data, first, now, isAscii)
      }
      first = undefined
    }
    this.#remember(lines)
  }

  #remember(lines: readonly string[]): void {
    const line = lines.findLast((line) => /\S/.test(line))
    if (line !== undefined) this.last = cutText(line, longestText)
  }

  /** In ASCII a letter is a byte, so that they need not be counted again. */
  #push(
    text: string,
    data: Readonly<Record<string, unknown>>,
    counts: Readonly<Record<string, number>> | undefined,
    at: number,
    isAscii: boolean,
  ): void {
    const { session, recorder, turn, budget } = this.#spec
    const encoded = session.encodeRedacted({ type: 'output', turn, text, data, at }, counts)
    const length = isAscii ? encoded.tail.length : Buffer.byteLength(encoded.tail)
    if (spend(budget, length)) recorder.push(encoded)
  }
}
