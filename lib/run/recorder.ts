/** Journaling what streams: batched, synced behind, and never in the agent's way. */

import { Failure } from '../errors.ts'
import type { EncodedEntry } from '../journal/entry.ts'
import type { Session } from '../session/session.ts'

const batchBytes = 64 * 1024
const batchDelay = 50
const syncDelay = 1_000
const stateBytes = 8 * 1024 * 1024
const stateDelay = 10_000
/** What may wait in memory while the journal cannot be written. */
const troubleBytes = 8 * 1024 * 1024

/**
 * Takes entries as they come. An entry is in the journal at the latest 50 ms or 64 KiB after it is
 * complete, synced within a second, and in the state after 8 MiB or 10 s.
 *
 * While the journal cannot be written, entries wait in memory, are tried again each second and, once
 * 8 MiB wait, are counted instead of kept; the first entry that fits says so.
 */
export class Recorder {
  readonly #session: Session
  readonly #turn: number
  readonly #onTrouble: (failure: Failure) => void
  #queue: EncodedEntry[] = []
  /** In UTF-16 units, as memory holds it. */
  #queued = 0
  #working: Promise<void> | undefined
  #batchTimer: NodeJS.Timeout | undefined
  #syncTimer: NodeJS.Timeout | undefined
  #publishedAt = performance.now()
  #isUrgent = false
  /** Why the journal did not take what was written last. */
  #trouble: Failure | undefined
  /** Whether something was written and did not come to the disk at once. */
  #isUnkept = false
  #dropped = { entries: 0, bytes: 0 }
  #closed = false

  constructor(session: Session, turn: number, onTrouble: (failure: Failure) => void) {
    this.#session = session
    this.#turn = turn
    this.#onTrouble = onTrouble
  }

  /** Whether so much waits that the source should pause; never while the journal is in trouble. */
  get isFull(): boolean {
    return this.#trouble === undefined && this.#queued > batchBytes
  }

  /** Takes an entry. */
  push(entry: EncodedEntry): void {
    const { length } = entry.tail
    if (this.#trouble !== undefined && this.#queued + length > troubleBytes) {
      const { entries, bytes } = this.#dropped
      this.#dropped = { entries: entries + 1, bytes: bytes + bytesOf([entry]) }
      return
    }
    this.#queue.push(entry)
    this.#queued += length
    if (this.#queued >= batchBytes && this.#trouble === undefined) this.#start()
    else this.#batchTimer ??= setTimeout(() => this.#start(), batchDelay)
  }

  /** What was pushed last must not be lost: it is written and synced at once, and the state with it. */
  hasten(): void {
    this.#isUrgent = true
    this.#start()
  }

  /** Resolves when nothing is being written any more. */
  async settled(): Promise<void> {
    await this.#working
  }

  /** Writes what waits now; false when the journal does not take all of it. */
  async flush(): Promise<boolean> {
    await this.#working
    this.#start()
    await this.#working
    return this.#queue.length === 0 && this.#dropped.entries === 0
  }

  /** Stops the clocks. Gives the entry that tells of what was lost, when something was. */
  close(): EncodedEntry | undefined {
    this.#closed = true
    clearTimeout(this.#batchTimer)
    clearTimeout(this.#syncTimer)
    const entries = this.#dropped.entries + this.#queue.length
    if (entries === 0) return undefined
    return this.#lossEntry({ entries, bytes: this.#dropped.bytes + bytesOf(this.#queue) })
  }

  #start(): void {
    clearTimeout(this.#batchTimer)
    this.#batchTimer = undefined
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined
      const retry = this.#trouble !== undefined
      if (this.#queue.length > 0 && !this.#closed) {
        this.#batchTimer ??= setTimeout(() => this.#start(), retry ? syncDelay : batchDelay)
      }
    })
  }

  async #work(): Promise<void> {
    while (this.#queue.length > 0) if (!(await this.#writeBatch())) return
    const sinceState = performance.now() - this.#publishedAt
    const { unpublished } = this.#session
    const isDue = unpublished > stateBytes || sinceState > stateDelay || this.#isUrgent
    if (unpublished > 0 && isDue) {
      this.#isUrgent = false
      this.#publishedAt = performance.now()
      await this.#keep(() => this.#session.publish())
    }
    this.#syncSoon()
  }

  /** False when the journal took less than it was given. */
  async #writeBatch(): Promise<boolean> {
    const batch = this.#queue
    const lost = this.#dropped
    if (lost.entries > 0) batch.unshift(this.#lossEntry(lost))
    this.#queue = []
    const { landed, failure } = await this.#append(batch)
    if (lost.entries > 0 && landed > 0) {
      this.#dropped = {
        entries: this.#dropped.entries - lost.entries,
        bytes: this.#dropped.bytes - lost.bytes,
      }
    }
    // The entry about the loss is made anew for the next try.
    const rest = batch.slice(lost.entries > 0 ? Math.max(1, landed) : landed)
    this.#queue = [...rest, ...this.#queue]
    this.#queued = this.#queue.reduce((sum, { tail }) => sum + tail.length, 0)
    if (failure !== undefined && this.#trouble === undefined) this.#onTrouble(failure)
    this.#trouble = failure
    return failure === undefined
  }

  async #append(
    batch: readonly EncodedEntry[],
  ): Promise<{ landed: number; failure: Failure | undefined }> {
    try {
      return await this.#session.appendStreamed(batch)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      return { landed: 0, failure: error }
    }
  }

  #lossEntry(lost: { entries: number; bytes: number }): EncodedEntry {
    return this.#session.encode({
      type: 'error',
      turn: this.#turn,
      text: `the journal could not be written: ${lost.entries} entries were lost`,
      data: {
        code: this.#trouble?.code ?? 'IO_FAILED',
        lost_entries: lost.entries,
        lost_bytes: lost.bytes,
      },
      at: Date.now(),
    })
  }

  #syncSoon(): void {
    if (this.#closed) return
    this.#syncTimer ??= setTimeout(() => {
      this.#syncTimer = undefined
      void this.#keep(() => this.#session.syncLater())
    }, syncDelay)
  }

  /** Brings what was written to the disk. What keeps it from that is said once, and tried again. */
  async #keep(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      if (!this.#isUnkept) this.#onTrouble(error)
      this.#isUnkept = true
      this.#syncSoon()
    }
  }
}

function bytesOf(entries: readonly EncodedEntry[]): number {
  return entries.reduce((sum, { tail }) => sum + Buffer.byteLength(tail), 0)
}
