/** One sample of the data of every failure code, for the documentation and for tests of its text. */

import type { FailureCode, FailureData } from '../../lib/index.ts'

const id = '01JH4QWERT1234567890ABCDEF'
const store = '/home/ann/.local/state/stint/projects/demo-0f1e2d3c4b5a'
const dir = `${store}/sessions/${id}`
const holder = {
  pid: 4711,
  host: 'laptop',
  tool: 'command',
  turn: 3,
  acquired_at: '2026-02-06T14:26:50.000Z',
  held_ms: 190_000,
}

export const failureSamples: { readonly [C in FailureCode]: FailureData[C] } = {
  USAGE: { problem: 'there is no command after --', usage: 'stint run [options] …' },
  UNKNOWN_VERB: { verb: 'lst', nearest: 'list' },
  UNKNOWN_OPTION: { option: '--limt', verb: 'list', nearest: '--limit' },
  NAME_INVALID: { name: 'two words' },
  DESCRIPTION_INVALID: { problem: 'has control characters' },
  ENTRY_INVALID: { type: 'usage', problem: 'input_tokens is not a number' },
  CONFIG_INVALID: {
    file: '/home/ann/.config/stint/config.toml',
    problem: 'timeout cannot be "soon": how long a turn may take, or none',
  },
  HOME_REFUSED: { dir: '/home/ann/.local/state/stint' },
  REF_MALFORMED: { ref: '../demo', problem: 'it looks like a path' },
  REF_NEEDS_TURN: { ref: '@self' },
  SESSION_UNKNOWN: { ref: 'auth', store, moved_from: '/home/ann/old/demo' },
  SESSION_ELSEWHERE: { ref: 'auth', project_path: '/home/ann/other', id },
  TURN_UNKNOWN: { id, turn: 4, turns: 3 },
  RESULT_MISSING: { id },
  REF_AMBIGUOUS: {
    ref: 'auth',
    candidates: [
      { id, status: 'idle', age_ms: 7_500_000, name: 'auth', description: 'Auth refactor' },
      { id: '01JH4QWERT0000000000000001', status: 'running', age_ms: 90_000, name: 'auth' },
    ],
    total: 2,
  },
  SESSION_LOCKED: { id, holder },
  SESSION_ORPHANED: { id, why: 'its supervisor is gone, but the command lock is held' },
  SESSION_LEAKED: { id, tool: 'command' },
  LIVENESS_UNKNOWN: { id, why: 'it was started on another machine, buildhost' },
  JOURNAL_BUSY: { id, waited_ms: 5_000, holder: { pid: 4711, host: 'laptop', stopped: true } },
  STORE_BUSY: { store, host: 'buildhost' },
  LEASE_HELD: { id, host: 'buildhost' },
  LEASE_LOST: { id },
  WAIT_EXPIRED: { id, waited_ms: 1_800_000 },
  NOTHING_RUNS: { id, status: 'idle' },
  KILL_INCOMPLETE: {
    id,
    why: 'its tool was told to end, but its supervisor does not answer',
  },
  COMMAND_NEEDED: { id },
  TOOL_UNKNOWN: { tool: 'codx', known: ['claude-code', 'codex', 'gemini-cli', 'opencode'] },
  TOOL_CANNOT: { tool: 'opencode', act: 'compact' },
  PROVIDER_SESSION_LOST: { id, tool: 'codex', provider_session_id: 'thread-1' },
  PROVENANCE_REDACTED: { id, field: 'cwd' },
  CWD_GONE: { cwd: '/home/ann/demo/gone' },
  DEPTH_EXCEEDED: { depth: 6, limit: 5 },
  PROGRAM_MISSING: { program: 'nonesuch' },
  PROGRAM_NOT_EXECUTABLE: { program: './build.sh', problem: 'permission denied' },
  SPAWN_FAILED: { program: 'make', problem: 'its arguments and environment are too long' },
  STATE_INVALID: {
    file: `${dir}/state.toml`,
    problem: 'Unterminated inline array',
    line: 2,
    column: 1,
  },
  SESSION_UNREADABLE: { id, problem: 'a link stands in place of its directory' },
  FORMAT_NEWER: { file: `${dir}/state.toml`, format: 2, supported: 1 },
  TRANSCRIPT_DAMAGED: {
    id,
    problem: 'lines that are no entries, with entries behind them',
    offset: 3195,
  },
  TRANSCRIPT_SHRUNK: { id, bytes: 300, expected: 3195 },
  TRASH_OCCUPIED: { id },
  DURABILITY_UNKNOWN: { id, recorded: true },
  DISK_FULL: { path: `${dir}/transcript.jsonl`, recorded: 0 },
  ACCESS_DENIED: { path: `${dir}/transcript.jsonl`, errno: 'EROFS' },
  IO_FAILED: { path: `${dir}/transcript.jsonl`, errno: 'EIO', problem: 'i/o error' },
  NO_LOCKS: {
    path: `${dir}/locks/session.lock`,
    problem: 'neither koffi nor flock(1) is there',
  },
  NO_REPOSITORY: { dir: '/home/ann/notes' },
  NO_COMMIT: { dir: '/home/ann/demo' },
  GIT_FAILED: { dir: '/home/bob/demo', problem: 'detected dubious ownership in repository' },
  FILE_CHANGED: { file: 'notes/today.jsonl' },
  CONVERSATION_UNREADABLE: {
    file: '/home/ann/.codex/sessions/2026/02/06/rollout-1.jsonl',
    problem: 'it is no regular file',
  },
  FILE_EXISTS: { file: 'auth.tar.gz' },
  ARCHIVE_INVALID: { file: 'auth.tar.gz', problem: `${id}/state.toml has another checksum` },
  ARCHIVE_TOO_LARGE: { file: 'auth.tar.gz', bytes: 42_949_672_960, limit: 17_179_869_184 },
  SESSION_EXISTS: { id, place: 'trash' },
  INTERRUPTED: { signal: 'SIGINT' },
}
