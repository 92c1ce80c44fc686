/** The text of a note: one JSON line for each session and turn. */

import { decodeInteger, decodeText, isTable } from '../base/decode.ts'
import { isSessionId, type SessionId } from '../base/id.ts'
import type { EntryData } from '../journal/entry.ts'

/** The notes are under this ref. */
export const notesRef = 'refs/notes/stint'

/** The version of a line's shape that is written. */
const noteVersion = 1

/** What is noted of one turn of one session. */
export interface Checkpoint {
  readonly session_id: SessionId
  readonly turn: number
  /** The commit that HEAD was at. */
  readonly head: string
  /** When it was noted. */
  readonly at: string
  /** The number of the entry that ended the turn. */
  readonly seq: number
  /** The transcript's length behind that entry. */
  readonly bytes: number
  /** Of so many bytes of the transcript, in hexadecimal digits. */
  readonly sha256: string
  /** How many markers of redaction are in those bytes. */
  readonly redacted: number
  /** The turn's result, redacted once more. */
  readonly result: EntryData
}

/** The line of a checkpoint. */
export function formatNoteLine(checkpoint: Checkpoint): string {
  return `${JSON.stringify({ v: noteVersion, ...checkpoint })}\n`
}

/** The checkpoints of a note. A line that is none, written by hand or by a newer version, is passed over. */
export function parseNote(text: string): Checkpoint[] {
  return text
    .split('\n')
    .map(findCheckpoint)
    .filter((found) => found !== undefined)
}

/** The note with a line for this session and turn in place of those it has; every other line stays. */
export function replaceInNote(text: string, checkpoint: Checkpoint): string {
  const kept = text.split('\n').filter((line) => {
    if (line === '') return false
    const found = findCheckpoint(line)
    return found?.session_id !== checkpoint.session_id || found.turn !== checkpoint.turn
  })
  return kept.map((line) => `${line}\n`).join('') + formatNoteLine(checkpoint)
}

function findCheckpoint(line: string): Checkpoint | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isTable(value) && isCheckpoint(value) ? value : undefined
  } catch {
    // Not JSON, or a value of another type under one of the names: somebody else's line.
    return undefined
  }
}

/** Throws DecodeError where a value has another type. */
function isCheckpoint(
  value: Readonly<Record<string, unknown>>,
): value is EntryData & Checkpoint & Readonly<Record<string, unknown>> {
  const numbers = ['turn', 'seq', 'bytes', 'redacted'].map((key) => decodeInteger(value, key))
  return (
    isSessionId(decodeText(value, 'session_id') ?? '') &&
    /^[0-9a-f]{40,64}$/.test(decodeText(value, 'head') ?? '') &&
    /^[0-9a-f]{64}$/.test(decodeText(value, 'sha256') ?? '') &&
    !Number.isNaN(Date.parse(decodeText(value, 'at') ?? '')) &&
    numbers.every((number) => number !== undefined && number >= 0) &&
    isTable(value.result)
  )
}
