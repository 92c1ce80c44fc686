/** A session's transcript: its end, or with --deep all of it. */

import { Failure } from '../../errors.ts'
import { isFailed } from '../../file/redaction.ts'
import { decodeEntry, encodeEntry } from '../../journal/entry.ts'
import { decodeLines, type Line, readLines, readLinesBackwards } from '../../journal/read.ts'
import { session as files } from '../../layout.ts'
import * as disk from '../../os/disk.ts'
import { mergeCounts, type RedactionCounts, type Redactor } from '../../redact/redact.ts'
import { birthOf, type Found, surveyJournal } from '../../session/mend.ts'
import { JournalRedaction } from '../../session/redaction.ts'
import type { State } from '../../session/state.ts'
import type { FaultKind } from '../../session/survey.ts'
import type { CheckId, Sighting } from '../check.ts'
import { type Examined, markOf } from '../examine.ts'
import { thingAt } from './ground.ts'

export interface TranscriptLook {
  /** The whole journal is read, not only what lies behind the state and the line before that. */
  readonly deep: boolean
  /** Looks for secrets with it. */
  readonly redactor: Redactor | undefined
  /** More bytes than this are worth a word. */
  readonly cap: number
}

/** How much of a transcript's end is read, in bytes. */
const tailLength = 4 * 1024

/** Looks at a session's transcript. */
export function* checkTranscript(examined: Examined, look: TranscriptLook): Generator<Sighting> {
  const { dir, transcript, names, isLive } = examined
  const path = files.transcript(dir)
  const mark = markOf(examined)
  if (transcript === undefined) {
    if (mark !== undefined) {
      yield {
        id: 'transcript.missing',
        evidence: `${mark.journal.seq + 1} entries were recorded`,
        file: path,
      }
    }
    return
  }
  const { kind, size } = transcript
  if (kind !== 'file') {
    yield {
      id: 'session.unreadable',
      evidence: `${thingAt(path)} stands in place of it`,
      file: path,
    }
    return
  }
  const marker = files.unsynced(dir)
  // Who is at it tries again and again.
  if (!isLive && !(names instanceof Failure) && names.includes(marker.slice(dir.length + 1))) {
    yield { id: 'transcript.unsynced', evidence: 'a sync of it failed', file: path }
  }
  if (size > look.cap) {
    yield {
      id: 'transcript.size',
      evidence: `it has ${size} bytes`,
      file: path,
      fix: 'stint config transcript_cap',
    }
  }
  // A sound one is looked at once; whatever is odd takes a second look.
  const isSettled = mark?.journal.bytes === size && !look.deep && look.redactor === undefined
  if (isSettled && endsWith(disk.findTail(path, size), mark)) return
  const fd = disk.openRead(path)
  try {
    const whole = { examined, fd, path, size, marked: mark }
    if (mark !== undefined && mark.journal.bytes > size) {
      const evidence = `it has ${size} bytes of ${mark.journal.bytes} that were recorded`
      yield { id: 'transcript.shrunk', evidence, file: path }
    }
    if (!look.deep) yield* checkEnd(whole, look)
    else {
      yield* checkAll(whole)
      const lines = readLines(fd, path, 0, size)
      if (look.redactor !== undefined) yield* checkSecrets(whole, lines, look.redactor)
    }
  } finally {
    disk.closeFile(fd)
  }
}

interface Whole {
  readonly examined: Examined
  readonly fd: number
  readonly path: string
  readonly size: number
  readonly marked: State | undefined
}

function* checkEnd(whole: Whole, { redactor }: TranscriptLook): Generator<Sighting> {
  const { examined, fd, path, size, marked } = whole
  const isMarked = marked !== undefined && marked.journal.bytes <= size && marked.journal.bytes > 0
  if (!isMarked || !isEndOf(whole, marked)) {
    yield* checkAll(whole)
  } else if (size > marked.journal.bytes && !examined.isLive) {
    const behind = surveyOf(whole, marked)
    const isCrash = [...behind.faults.keys()].every((kind) => kind === 'torn' || kind === 'nuls')
    // What else is wrong is said in full once all of it is read.
    yield* isCrash ? tell(behind, whole) : checkAll(whole)
  }
  if (redactor === undefined) return
  const start = Math.max(0, size - tailLength)
  const lines = disk
    .readBytes(fd, path, start, size - start)
    .toString('utf8')
    .split('\n')
  // The first may be the end of a line, and behind the last is nothing.
  const texts = lines.slice(start === 0 ? 0 : 1, -1)
  yield* checkSecrets(
    whole,
    texts.map((text) => ({ offset: 0, end: 0, text })),
    redactor,
  )
}

/** Whether the line before the state's mark is the entry that it names. */
function isEndOf({ fd, path }: Whole, { journal }: State): boolean {
  const line = readLinesBackwards(fd, path, journal.bytes).next().value
  return line?.end === journal.bytes && decodeEntry(line.text)?.seq === journal.seq
}

/** The same where the last bytes of the transcript hold that line; false where they do not tell. */
function endsWith(bytes: Buffer | undefined, { journal }: State): boolean {
  if (bytes === undefined || bytes.at(-1) !== 10) return false
  const lf = bytes.lastIndexOf(10, bytes.length - 2)
  if (lf < 0 && bytes.length < journal.bytes) return false
  return decodeEntry(bytes.toString('utf8', lf + 1, bytes.length - 1))?.seq === journal.seq
}

function* checkAll(whole: Whole): Generator<Sighting> {
  const { path, marked } = whole
  const { dir, isLive } = whole.examined
  const found = surveyOf(whole)
  yield* tell(found, whole)
  if (found.faults.size === 0 && found.agrees === false && !isLive && marked !== undefined) {
    const evidence = `it is not what its ${marked.journal.seq + 1} entries fold to`
    yield { id: 'state.diverged', evidence, file: files.state(dir) }
  }
  const { version } = found.reading
  if (version > 1) {
    yield { id: 'transcript.newer', evidence: `lines of version ${version}`, file: path }
  }
}

function surveyOf({ examined, fd, path, size, marked }: Whole, from?: State): Found {
  const { id, store } = examined
  const birth = encodeEntry(birthOf(id, marked, store.projectPath))
  return surveyJournal(id, { fd, path, size }, birth, marked, from)
}

/** Says each kind of fault once, where it stands first. */
function* tell({ faults, reading }: Found, whole: Whole): Generator<Sighting> {
  for (const [kind, { count, first }] of faults) {
    const id = checkFor(kind, first.offset >= reading.end, whole)
    // A writer that is at it may be about to finish the line.
    if (whole.examined.isLive && (id === 'transcript.torn-tail' || id === 'transcript.nul-tail'))
      continue
    const more = count === 1 ? '' : `; ${count - 1} more like it`
    const evidence = `${first.problem}${more}`
    yield { id, evidence, file: `${whole.path} at byte ${first.offset}` }
  }
}

function checkFor(kind: FaultKind, isAtEnd: boolean, { marked }: Whole): CheckId {
  if (kind === 'torn') return 'transcript.torn-tail'
  // Without an entry before it, it is no end of a journal.
  if (kind === 'nuls')
    return isAtEnd && marked !== undefined ? 'transcript.nul-tail' : 'transcript.garbage'
  if (kind === 'foreign') return marked === undefined ? 'session.foreign' : 'transcript.garbage'
  return `transcript.${kind}`
}

/** Counts by rule; never what was found. */
function* checkSecrets(
  { examined, path }: Whole,
  lines: Iterable<Line>,
  redactor: Redactor,
): Generator<Sighting> {
  const { id } = examined
  const redaction = new JournalRedaction(id, redactor)
  let counts: RedactionCounts | undefined
  for (const reading of decodeLines(lines)) {
    const found = redaction.check(reading).counts
    if (!isFailed(found)) counts = mergeCounts(counts, found)
  }
  if (counts === undefined) return
  const evidence = Object.entries(counts)
    .map(([rule, count]) => `${rule} x${count}`)
    .join(', ')
  yield { id: 'transcript.secrets', evidence, file: path, fix: `stint redact --fix ${id}` }
}
