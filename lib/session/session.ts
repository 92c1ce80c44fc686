/** Changing one session: its journal first, then its state. */

import { poll } from '../base/async.ts'
import { isTable } from '../base/decode.ts'
import type { SessionId } from '../base/id.ts'
import { Failure, quietly, withRecorded } from '../errors.ts'
import { appendEntries } from '../journal/append.ts'
import {
  decodeEntry,
  type EncodedEntry,
  encodeEntry,
  formatLine,
  type NewEntry,
} from '../journal/entry.ts'
import { session as files } from '../layout.ts'
import * as disk from '../os/disk.ts'
import { type Lease, openLease } from '../os/lease.ts'
import { findHolder, type Lock, tryLock } from '../os/lock-file.ts'
import { replaceText, sweepLeftovers } from '../os/replace.ts'
import {
  mergeCounts,
  type Redacted,
  type RedactionCounts,
  type Redactor,
} from '../redact/redact.ts'
import { damaged, foldTail } from './catch-up.ts'
import { formatState, parseState, refuseNewer } from './codec.ts'
import { FoldError, foldEntry, foldStreamed, isStreamed, markAt } from './fold.ts'
import { findLeft } from './gone.ts'
import { renewJournal } from './renew.ts'
import { foldVersion, hasOpenTurn, type State } from './state.ts'

/** How long a command waits for journal.lock, in ms: nobody holds it for longer than one append. */
const journalPatience = 5_000

/** How much of an append reached the disk. */
export interface AppendReport {
  /** The state after it. */
  readonly state: State
  /** The sequence numbers of the entries, in order. */
  readonly seqs: readonly number[]
}

/** What a store gives its sessions. */
export interface SessionAccess {
  readonly redactor: Redactor
  /**
   * Who a change needs a lease for: on a store that other machines write too, this machine; where
   * there is no flock, this process.
   */
  readonly lease: 'none' | 'machine' | 'process'
}

/** Makes the entries of a change out of the state as it is under the lock. */
type Make = (state: State) => readonly EncodedEntry[]

/** Until when, by performance.now(), no other file is tried in the place of the journal, and why. */
interface Doubt {
  readonly until: number
  readonly why?: unknown
}

/**
 * One session opened for change. Keeps what it has read, so that the next change reads only what
 * others appended meanwhile.
 */
export class Session implements Disposable {
  readonly id: SessionId
  readonly dir: string
  readonly #redactor: Redactor
  #fd: number | undefined
  #state: State | undefined
  /** What it was before another file was found, of which nothing is known yet. */
  #before: State | undefined
  /** Entries behind this offset are not known to be on the disk. */
  #synced = 0
  /** What state.toml is known to hold. */
  #published: State | undefined
  /** A sync of the journal failed: what a later one says of this file means nothing. */
  #doubt: Doubt | undefined

  /** The lease that is kept from one change to the next, on a shared store. */
  #lease: Lease | undefined
  readonly #use: SessionAccess['lease']

  constructor(id: SessionId, dir: string, via: SessionAccess, lease?: Lease) {
    this.id = id
    this.dir = dir
    this.#redactor = via.redactor
    this.#use = via.lease
    this.#lease = lease
  }

  /**
   * Keeps this machine's lease of the session until releaseLease; does nothing on a store that is not
   * shared. Throws LEASE_HELD, which names the host.
   */
  async keepLease(): Promise<void> {
    if (this.#use === 'none' || this.#lease !== undefined) return
    using _lock = await takeJournal(this.id, this.dir)
    this.#lease = await this.#askLease(false, journalPatience)
    this.#lookAnew()
  }

  /** Gives the lease back; one that left with its session's directory is nobody's any more. */
  async releaseLease(): Promise<void> {
    const lease = this.#lease
    this.#lease = undefined
    if (lease === undefined || lease.isLost()) return
    using _lock = await takeJournal(this.id, this.dir)
    this.#letGo(lease)
  }

  /** Whether a lease that was kept is another machine's now; not, where that cannot be asked. */
  get isLeaseLost(): boolean {
    return quietly(() => this.#lease?.isLost()) === true
  }

  /** Whether the lease was taken from a machine that had let it grow stale, and with it what ran there. */
  get isTakenOver(): boolean {
    return this.#lease?.wasStale === true
  }

  /** The state as last seen under the journal's lock. */
  get state(): State {
    const state = this.#state ?? this.#before
    if (state === undefined) throw new Error('the session was not read yet')
    return state
  }

  /** Reads the session under its journal's lock, mending what a crash left. */
  async refresh(): Promise<State> {
    return this.#locked(journalPatience, () => this.state)
  }

  /**
   * Appends entries and brings them and the new state to the disk: when it returns, they are
   * acknowledged.
   *
   * What depends on the state is made by a function, which sees it as it is under the lock and may
   * refuse by throwing. Throws JOURNAL_BUSY, STATE_INVALID, TRANSCRIPT_DAMAGED, TRANSCRIPT_SHRUNK,
   * FORMAT_NEWER, DISK_FULL, ACCESS_DENIED, IO_FAILED with nothing changed unless the failure's
   * `recorded` says so, and DURABILITY_UNKNOWN.
   */
  async append(make: NewEntry | Make): Promise<AppendReport> {
    if (typeof make === 'function') return this.#append(make, journalPatience)
    const encoded = [this.encode(make)]
    return this.#append(() => encoded, journalPatience)
  }

  /** The same for a supervisor, which waits for the journal's lock as long as it takes. */
  async appendAlways(make: Make): Promise<AppendReport> {
    return this.#append(make, Number.POSITIVE_INFINITY)
  }

  async #append(make: Make, timeout: number): Promise<AppendReport> {
    return this.#locked(timeout, () => {
      const encoded = make(this.state)
      if (encoded.length === 0) return { state: this.state, seqs: [] }
      const first = this.state.journal.seq + 1
      const { landed, failure } = this.#write(encoded)
      if (failure !== undefined) throw withRecorded(failure, landed)
      this.#sync(landed)
      try {
        this.#publish()
      } catch (cause) {
        throw withRecorded(cause, landed)
      }
      return { state: this.state, seqs: encoded.map((_, i) => first + i) }
    })
  }

  /**
   * Appends entries without waiting for the disk, for what streams. Gives how many landed and what
   * kept the others from it.
   */
  async appendStreamed(
    entries: readonly EncodedEntry[],
  ): Promise<{ landed: number; failure: Failure | undefined }> {
    return this.#locked(Number.POSITIVE_INFINITY, () => this.#write(entries))
  }

  /** How many bytes wait for syncLater, and for a state that counts them. */
  get unsynced(): number {
    return this.#state === undefined ? 0 : this.state.journal.bytes - this.#synced
  }

  get unpublished(): number {
    const { bytes = 0 } = this.#published?.journal ?? {}
    return this.#state === undefined ? 0 : this.state.journal.bytes - bytes
  }

  /** Brings what was appended to the disk without blocking this thread. */
  async syncLater(): Promise<void> {
    if (this.#fd === undefined || this.unsynced === 0) return
    if (this.#doubt !== undefined) {
      return this.#locked(Number.POSITIVE_INFINITY, () => this.#sync(0))
    }
    const { bytes } = this.state.journal
    try {
      await disk.syncFileLater(this.#fd, files.transcript(this.dir))
      this.#synced = Math.max(this.#synced, bytes)
    } catch (error) {
      this.#distrust()
      throw error
    }
  }

  /** Replaces state.toml by what the journal folds to now. */
  async publish(): Promise<void> {
    // So that there is little left to wait for under the lock, where this thread stands still.
    await this.syncLater()
    await this.#locked(Number.POSITIVE_INFINITY, () => {
      if (this.unpublished === 0) return
      if (this.unsynced > 0) this.#sync(0)
      this.#publish()
    })
  }

  /** Appends one entry to the newest turn: redacted before any lock, and placed under it. */
  async appendToTurn(entry: Omit<NewEntry, 'turn'>): Promise<AppendReport> {
    const { value, counts } = this.redact(entry)
    return this.append((state) => [
      this.encodeRedacted({ ...value, turn: state.turn?.number ?? 0 }, counts),
    ])
  }

  /**
   * Redacts an entry's texts: with encodeRedacted the one way into a journal. `before` is the line that
   * its text stands behind, where there is one.
   */
  redact<T extends Pick<NewEntry, 'text' | 'data'>>(entry: T, before?: string): Redacted<T> {
    const text = entry.text === null ? undefined : this.#redactor.text(entry.text, before)
    const data = this.#redactor.json(entry.data)
    return {
      value: { ...entry, text: text?.value ?? null, data: data.value },
      counts: mergeCounts(text?.counts, data.counts),
    }
  }

  /** Redacts each part of a turn's result on its own: what takes too long to search costs no other. */
  redactParts<T extends object>(parts: T): Redacted<T> {
    let counts: RedactionCounts | undefined
    const redact = (part: unknown) => {
      const safe = this.#redactor.json(part)
      counts = mergeCounts(counts, safe.counts)
      return safe.value
    }
    const safe = Object.entries(parts).map(([key, part]) => [
      key,
      Array.isArray(part) ? part.map(redact) : redact(part),
    ])
    return { value: Object.fromEntries(safe) as T, counts }
  }

  /** Redacts and encodes an entry. */
  encode(entry: NewEntry): EncodedEntry {
    const { value, counts } = this.redact(entry)
    return this.encodeRedacted(value, counts)
  }

  /** Encodes an entry that was redacted before. */
  encodeRedacted(entry: NewEntry, counts: RedactionCounts | undefined): EncodedEntry {
    const isClean = counts === undefined || Object.keys(counts).length === 0
    if (isClean) return encodeEntry(entry)
    // Data that could not be gone through came back as the word for that, and have no keys to keep.
    const data = isTable(entry.data) ? entry.data : {}
    return encodeEntry({ ...entry, data: { ...data, redactions: counts } })
  }

  [Symbol.dispose](): void {
    const fd = this.#fd
    this.#fd = undefined
    if (fd !== undefined) disk.closeFile(fd)
  }

  async #locked<T>(timeout: number, act: () => T): Promise<T> {
    using _lock = await takeJournal(this.id, this.dir, timeout)
    let lease: Lease | undefined
    try {
      if (this.#lease?.isLost()) throw new Failure('LEASE_LOST', { id: this.id })
      if (this.#lease === undefined && this.#use !== 'none') {
        lease = await this.#askLease(true, timeout)
        this.#lookAnew()
      }
      this.#catchUp()
      return act()
    } finally {
      if (lease !== undefined) this.#tryLetGo(lease)
    }
  }

  /** What was changed has been, whatever keeps the lease from being given up: it grows stale. */
  #tryLetGo(lease: Lease): void {
    quietly(() => this.#letGo(lease))
  }

  /** Undefined when another process of this machine keeps the lease. */
  async #askLease(brief: boolean, timeout: number): Promise<Lease | undefined> {
    const use = { brief, alone: this.#use === 'process' }
    const ask = () => ifGone(this.id, this.dir, () => openLease(files.lease(this.dir), use))
    // Who changes one thing has done so in a moment.
    const attempt = () => {
      const answer = ask()
      return answer.kind === 'held' && answer.brief ? undefined : answer
    }
    const answer = (await poll(attempt, { timeout })) ?? ask()
    if (answer.kind === 'held') throw new Failure('LEASE_HELD', { id: this.id, host: answer.host })
    return answer.kind === 'taken' ? answer.lease : undefined
  }

  /**
   * A session that is not at rest stays this machine's: what runs here can be judged here alone, until
   * the machine has been silent for so long that nothing of it counts any more.
   */
  #letGo(lease: Lease): void {
    const isOpen = this.#state !== undefined && hasOpenTurn(this.#state)
    if (isOpen && this.#use === 'machine') lease.abandon()
    else lease.release()
  }

  /** Folds what others appended and cuts off what a crash left, so that the file ends at the mark. */
  #catchUp(): void {
    const path = files.transcript(this.dir)
    const open = this.#fd === undefined ? undefined : disk.readFacts(this.#fd, path)
    // One that was redacted meanwhile is another file, with a state of its own.
    const isReplaced = open !== undefined && !disk.isSameFile(open, disk.findFacts(path))
    if (isReplaced) {
      this.#close()
      this.#doubt = undefined
    }
    this.#state ??= this.#open(path)
    const fd = this.#fd as number
    const { size } = open === undefined || isReplaced ? disk.readFacts(fd, path) : open
    const expected = this.#state?.journal.bytes ?? 0
    if (size === expected && this.#state !== undefined) return
    if (size < expected)
      throw new Failure('TRANSCRIPT_SHRUNK', { id: this.id, bytes: size, expected })
    const { state, rest, offset } = foldTail(this.id, fd, path, this.#state, size)
    // Without a state nothing says where the acknowledged part ends, so no whole line is cut.
    const unsure = this.#state === undefined && rest === 'lost'
    if (rest === 'damaged' || unsure || state === undefined) throw damaged(this.id, offset)
    if (rest !== 'none') disk.truncateTo(fd, path, offset)
    this.#state = state
    this.#heedUnsynced()
  }

  /** Another process's sync may have failed. */
  #heedUnsynced(): void {
    if (disk.findFacts(files.unsynced(this.dir)) !== undefined) this.#doubt ??= { until: 0 }
  }

  /** What another machine has written is seen for sure only by who asks and opens anew. */
  #lookAnew(): void {
    this.#close()
    disk.refresh(files.state(this.dir))
    disk.refresh(files.transcript(this.dir))
  }

  #close(): void {
    this.#before = this.#state ?? this.#before
    this.#state = undefined
    this[Symbol.dispose]()
  }

  #open(path: string): State | undefined {
    const file = files.state(this.dir)
    const text = disk.findText(file)
    const state = text === undefined ? undefined : parseState(text, file)
    if (state !== undefined) {
      refuseNewer(state, file)
      if (state.meta_session_id !== this.id) {
        const problem = `it belongs to session ${state.meta_session_id}`
        throw new Failure('STATE_INVALID', { file, problem })
      }
      this.#published = state
      this.#synced = state.journal.bytes
    }
    if (this.#fd === undefined) {
      const fd = disk.findAppend(path)
      if (fd === undefined) {
        if (state === undefined) {
          throw new Failure('SESSION_UNREADABLE', { id: this.id, problem: 'it has no journal' })
        }
        const expected = state.journal.bytes
        throw new Failure('TRANSCRIPT_SHRUNK', { id: this.id, bytes: 0, expected })
      }
      this.#fd = fd
    }
    // Under the journal's lock nobody else is at a replacement.
    sweepLeftovers(this.dir, files.replaced)
    this.#heedUnsynced()
    // An older fold may have left things out: the journal tells all of it again.
    return state !== undefined && state.journal.fold < foldVersion ? undefined : state
  }

  #write(encoded: readonly EncodedEntry[]): { landed: number; failure: Failure | undefined } {
    const before = this.state
    const path = files.transcript(this.dir)
    const streams = encoded.every(({ type }) => isStreamed(type))
    const states = streams ? undefined : this.#foldAhead(encoded)
    const { landed, mark, failure } = appendEntries(
      this.#fd as number,
      path,
      markAt(before),
      encoded,
    )
    const happened = landed === encoded.length ? encoded : encoded.slice(0, landed)
    this.#state = states === undefined ? foldStreamed(before, happened, mark) : states[landed]
    return { landed, failure }
  }

  /**
   * The state now and after each entry. What is written once stays: an entry that no reader could take
   * is refused before.
   */
  #foldAhead(encoded: readonly EncodedEntry[]): State[] {
    let { state } = this
    const states = [state]
    for (const one of encoded) {
      state = foldLine(state, one, formatLine(state.journal.seq + 1, one))
      states.push(state)
    }
    return states
  }

  #sync(count: number): void {
    try {
      if (this.#doubt !== undefined) this.#renew(this.#doubt)
      else disk.syncFile(this.#fd as number, files.transcript(this.dir))
    } catch (cause) {
      if (!(cause instanceof Failure)) throw cause
      this.#distrust()
      throw new Failure('DURABILITY_UNKNOWN', { id: this.id, recorded: count > 0 }, { cause })
    }
    this.#synced = this.state.journal.bytes
  }

  /** Says so to other processes, too, for as long as the machine runs: after that the disk tells. */
  #distrust(): void {
    this.#doubt ??= { until: 0 }
    this.#synced = 0
    quietly(() => disk.touch(files.unsynced(this.dir)))
  }

  /** Puts a copy in the journal's place. One that takes long to copy is not copied each second. */
  #renew({ until, why }: Doubt): void {
    const started = performance.now()
    if (started < until) throw why
    const fd = this.#fd as number
    try {
      renewJournal(this.id, this.dir, fd, this.state, this.#published)
    } catch (error) {
      const now = performance.now()
      this.#doubt = { until: now + 10 * (now - started) - 1_000, why: error }
      throw error
    }
    disk.closeFile(fd)
    this.#fd = disk.findAppend(files.transcript(this.dir))
    this.#doubt = undefined
  }

  /** The transcript is on the disk up to the mark. */
  #publish(): void {
    const confirmed = replaceText(files.state(this.dir), formatState(this.state))
    this.#published = this.state
    if (!confirmed) throw new Failure('DURABILITY_UNKNOWN', { id: this.id, recorded: true })
  }
}

/** The state after a line that is still to be written. Throws ENTRY_INVALID where no reader could take it. */
export function foldLine(state: State | undefined, { type }: EncodedEntry, line: string): State {
  const entry = decodeEntry(line.slice(0, -1))
  if (entry === undefined) {
    throw new Failure('ENTRY_INVALID', { type, problem: 'it has no valid shape' })
  }
  try {
    return foldEntry(state, entry, Buffer.byteLength(line))
  } catch (cause) {
    if (!(cause instanceof FoldError)) throw cause
    throw new Failure('ENTRY_INVALID', { type, problem: cause.message }, { cause })
  }
}

/** Takes journal.lock for one change. Throws JOURNAL_BUSY, or SESSION_UNKNOWN when the session left. */
export async function takeJournal(
  id: SessionId,
  dir: string,
  timeout: number = journalPatience,
): Promise<Lock> {
  const path = files.journalLock(dir)
  const started = performance.now()
  // A stream's appends are too short to say who is at one.
  const errand = timeout === Number.POSITIVE_INFINITY ? undefined : {}
  const lock = await poll(() => ifGone(id, dir, () => tryLock(path, errand)), { timeout })
  if (lock !== undefined) return lock
  const holder = findHolder(path, Date.now())
  throw new Failure('JOURNAL_BUSY', {
    id,
    waited_ms: Math.round(performance.now() - started),
    ...(holder && { holder }),
  })
}

/** What `act` returns; when the session's directory is gone, that is said instead. */
export function ifGone<T>(id: SessionId, dir: string, act: () => T): T {
  try {
    return act()
  } catch (error) {
    if (disk.errnoOf(error) !== 'ENOENT') throw error
    const problem = 'it has no locks directory'
    throw findLeft(id, dir, error) ?? new Failure('SESSION_UNREADABLE', { id, problem })
  }
}
