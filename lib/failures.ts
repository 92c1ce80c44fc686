/** Every way in which stint says no: code, data, sentence, hint and exit status, in one table. */

import { shellWord } from './base/text.ts'
import { formatDuration as duration } from './base/time.ts'

/** Who holds a lock, as its file says; only the kernel knows whether that is still so. */
export interface Holder {
  readonly pid: number
  readonly host?: string
  readonly tool?: string
  readonly turn?: number
  /** Since when it has held the lock for what it does now. */
  readonly acquired_at?: string
  /** How long that is, in milliseconds. */
  readonly held_ms?: number
  /** The holder was stopped by a signal or a debugger: it neither works nor lets go. */
  readonly stopped?: boolean
}

/** A session that a REF may have meant. */
export interface Candidate {
  readonly id: string
  readonly status?: string
  readonly age_ms?: number
  readonly name?: string
  readonly description?: string
}

/** The data of each code: documented, stable, and what `--json` prints. */
export interface FailureData {
  USAGE: { problem: string; usage?: string }
  UNKNOWN_VERB: { verb: string; nearest?: string }
  UNKNOWN_OPTION: { option: string; verb: string; nearest?: string }
  NAME_INVALID: { name: string }
  DESCRIPTION_INVALID: { problem: string }
  ENTRY_INVALID: { type: string; problem: string }
  CONFIG_INVALID: { file: string; problem: string }
  HOME_REFUSED: { dir: string }
  REF_MALFORMED: { ref: string; problem: string; file?: string }
  REF_NEEDS_TURN: { ref: string }
  SESSION_UNKNOWN: {
    ref: string
    store: string
    moved_from?: string
    file?: string
    /** The session in whose turn a mark was said. */
    inside?: string
    /** It is there, but for as long as its turn takes. */
    ephemeral?: true
    /** It was looked for in the trash. */
    trash?: true
    /** It was looked for in every project. */
    all_projects?: true
    /** The sessions in the trash that it would name, the newest first. */
    trashed?: readonly string[]
  }
  SESSION_ELSEWHERE: {
    ref: string
    project_path: string
    id: string
    moved_from?: string
    gone?: true
  }
  PROJECT_UNKNOWN: { path: string; problem: string }
  TURN_UNKNOWN: { id: string; turn: number; turns: number }
  RESULT_MISSING: { id: string }
  REF_AMBIGUOUS: { ref: string; candidates: readonly Candidate[]; total: number }
  SESSION_LOCKED: { id: string; holder?: Holder; for_turn?: true; inside?: true }
  SESSION_ORPHANED: { id: string; why: string }
  SESSION_LEAKED: { id: string; tool: string }
  LIVENESS_UNKNOWN: { id: string; why: string }
  JOURNAL_BUSY: { id: string; waited_ms: number; holder?: Holder }
  STORE_BUSY: { store: string; holder?: Holder; host?: string }
  STORE_NOT_SHARED: { store: string; file: string }
  CLOCK_SUSPECT: { now: string; newest: string; id?: string }
  PLAN_INVALID: { file: string; problem: string }
  LEASE_HELD: { id: string; host: string; for_turn?: true }
  LEASE_LOST: { id: string }
  WAIT_EXPIRED: { id: string; waited_ms: number }
  NOTHING_RUNS: { id: string; status: string }
  KILL_INCOMPLETE: { id: string; why: string; holder?: Holder }
  KILL_UNRECORDED: { id: string; why: string }
  COMMAND_NEEDED: {
    id: string
    /** The agent that the session had last. */
    agent?: string
  }
  TOOL_UNKNOWN: { tool: string; known: readonly string[] }
  TOOL_CANNOT: { tool: string; act: string }
  PROMPT_TOO_LONG: { tool: string; bytes: number; own: boolean }
  PROVIDER_SESSION_LOST: { id: string; tool: string; provider_session_id: string }
  PROVENANCE_REDACTED: { id: string; field: string }
  CWD_GONE: { cwd: string; id?: string }
  DEPTH_EXCEEDED: { depth: number; limit: number }
  PROGRAM_MISSING: { program: string; tool?: string }
  PROGRAM_NOT_EXECUTABLE: { program: string; problem: string; path?: string }
  SPAWN_FAILED: { program: string; problem: string }
  STATE_INVALID: { file: string; problem: string; line?: number; column?: number }
  SESSION_UNREADABLE: { id: string; problem: string }
  FORMAT_NEWER: { file: string; format: number; supported: number }
  TRANSCRIPT_DAMAGED: { id: string; problem: string; offset: number }
  TRANSCRIPT_SHRUNK: { id: string; bytes: number; expected: number }
  TRASH_OCCUPIED: { id: string }
  DURABILITY_UNKNOWN: { id: string; recorded: boolean }
  DISK_FULL: {
    path: string
    recorded: number
    /** Where there is room, and it is not this user's or not for so large a file. */
    errno?: 'EDQUOT' | 'EFBIG'
  }
  ACCESS_DENIED: { path: string; errno: string; recorded?: number }
  IO_FAILED: { path: string; errno: string; problem: string; recorded?: number }
  NO_LOCKS: { path: string; problem: string }
  NO_REPOSITORY: { dir: string }
  NO_COMMIT: { dir: string }
  GIT_FAILED: { dir: string; problem: string }
  FILE_CHANGED: { file: string }
  CONVERSATION_UNREADABLE: { file: string; problem: string }
  FILE_EXISTS: { file: string }
  ARCHIVE_INVALID: { file: string; problem: string }
  ARCHIVE_TOO_LARGE: { file: string; bytes: number; limit: number }
  EXPORT_TOO_LARGE: { what: 'sessions' | 'files' | 'bytes' | 'bytes of manifest'; limit: number }
  SESSION_EXISTS: { id: string; place: 'sessions' | 'ephemeral' | 'trash' }
  INTERRUPTED: { signal: string }
}

export type FailureCode = keyof FailureData

interface Row<D> {
  readonly status: number
  readonly sentence: (data: D) => string
  readonly hint?: (data: D) => string | undefined
}

const rows: { readonly [C in FailureCode]: Row<FailureData[C]> } = {
  USAGE: {
    status: 2,
    sentence: (d) => d.problem,
    hint: (d) => (d.usage === undefined ? undefined : `usage: ${d.usage}`),
  },
  UNKNOWN_VERB: {
    status: 2,
    sentence: (d) => `stint has no verb ${quote(d.verb)}`,
    hint: (d) =>
      d.nearest === undefined
        ? '`stint --help` lists the verbs; a command to run goes after `stint run --`'
        : `did you mean \`stint ${d.nearest}\`?`,
  },
  UNKNOWN_OPTION: {
    status: 2,
    sentence: (d) => `\`stint ${d.verb}\` has no option ${quote(d.option)}`,
    hint: (d) =>
      d.nearest === undefined
        ? `\`stint ${d.verb} --help\` lists the options`
        : `did you mean ${d.nearest}?`,
  },
  NAME_INVALID: {
    status: 2,
    sentence: (d) => `${quote(d.name)} cannot be a session's name`,
    hint: () =>
      'a name has 1 to 64 of A-Z a-z 0-9 . _ -, does not start with -, and is not . or .. or 26 characters of a ULID',
  },
  DESCRIPTION_INVALID: {
    status: 2,
    sentence: (d) => `the description ${d.problem}`,
    hint: () =>
      'a description is one line of at most 500 characters; longer text belongs in a prompt',
  },
  ENTRY_INVALID: {
    status: 2,
    sentence: (d) => `an entry of type ${quote(d.type)} cannot be recorded: ${d.problem}`,
    hint: () => 'nothing was recorded',
  },
  CONFIG_INVALID: {
    status: 2,
    sentence: (d) => `${d.file}: ${d.problem}`,
    hint: () => 'correct it there, or take it out: what is not set has its default',
  },
  HOME_REFUSED: {
    status: 2,
    sentence: (d) => `refused to use ${d.dir} while STINT_TEST=1`,
    hint: () => 'tests set STINT_HOME to a directory of their own',
  },
  REF_MALFORMED: {
    status: 2,
    sentence: (d) => `${quote(d.ref)} does not name a session: ${d.problem}`,
    hint: (d) =>
      fileHint(d.file) ??
      'a session is named by its ULID, 4 or more characters of its start or end, its name, or @last @self @parent @root',
  },
  REF_NEEDS_TURN: {
    status: 3,
    sentence: (d) => `${d.ref} means something only inside a running turn of a session`,
    hint: () => 'name the session by its id, or use @last',
  },
  SESSION_UNKNOWN: {
    status: 3,
    sentence: (d) =>
      d.ephemeral
        ? `session ${d.ref} is ephemeral: it leaves with its turn, and this needs one that stays`
        : d.inside === undefined
          ? `no session ${quote(d.ref)} in ${d.all_projects ? 'any' : d.trash ? 'the trash of this' : 'this'} project`
          : `session ${d.inside}, whose turn this is, has no ${d.ref === '@last' ? 'child' : 'parent here'}`,
    hint: (d) =>
      d.ephemeral
        ? `wait for its end with \`stint wait ${d.ref}\`, or end it with \`stint kill ${d.ref}\``
        : d.moved_from !== undefined
          ? movedHint(d.moved_from)
          : d.trash
            ? '`stint trash list` shows what is in it'
            : (fileHint(d.file) ??
              trashHint(d.trashed) ??
              shortHint(d.ref) ??
              (d.all_projects
                ? '`stint list --all-projects` shows all sessions'
                : '`stint list` shows the sessions here, `stint list --all-projects` those of every project')),
  },
  SESSION_ELSEWHERE: {
    status: 3,
    sentence: (d) => `${quote(d.ref)} is a session of another project: ${d.project_path}`,
    hint: (d) =>
      d.moved_from !== undefined
        ? movedHint(d.moved_from)
        : d.gone
          ? `that directory is gone: if it is this one now, \`stint project move ${shellWord(d.project_path)} .\` brings its sessions along; else use --all-projects`
          : `use --all-projects, or --project ${shellWord(d.project_path)}`,
  },
  PROJECT_UNKNOWN: {
    status: 3,
    sentence: (d) => `${d.path} ${d.problem}`,
    hint: (d) =>
      d.problem === 'has no sessions'
        ? "`stint list --all-projects --json | jq -r 'map(.project_path) | unique[]'` says which projects have"
        : undefined,
  },
  TURN_UNKNOWN: {
    status: 3,
    sentence: (d) => `session ${d.id} has no turn ${d.turn}`,
    hint: (d) => (d.turns === 0 ? 'it has had no turn yet' : `its turns are 1 to ${d.turns}`),
  },
  RESULT_MISSING: {
    status: 1,
    sentence: (d) => `session ${d.id} has no finished turn`,
    hint: (d) =>
      `\`stint wait ${d.id}\` waits for one that runs, \`stint is-alive ${d.id}\` says whether one does`,
  },
  REF_AMBIGUOUS: {
    status: 4,
    sentence: (d) =>
      `${quote(d.ref)} fits ${d.total} sessions:${d.candidates.map(candidateLine).join('')}${
        d.total > d.candidates.length ? `\n  and ${d.total - d.candidates.length} more` : ''
      }`,
    hint: () => 'type its id, or more of it: the end of an id differs sooner than its start',
  },
  SESSION_LOCKED: {
    status: 5,
    sentence: (d) => `session ${d.id} is locked${d.holder ? ` by ${holderText(d.holder)}` : ''}`,
    hint: (d) =>
      d.holder?.stopped
        ? `its holder is stopped: continue it with \`kill -CONT ${d.holder.pid}\`, after \`stint kill ${d.id}\` if it is to end`
        : d.inside
          ? `this is part of the turn that holds it: ${
              d.for_turn
                ? `\`stint run\` starts a child, and \`stint run --fork ${d.id}\` works beside it`
                : 'try again when that has ended'
            }`
          : d.for_turn
            ? `wait for it with \`stint wait ${d.id}\` or \`resume --wait\`, end it with \`stint kill ${d.id}\`, or work beside it with \`stint run --fork ${d.id}\``
            : `wait for it with \`stint wait ${d.id}\`, or end it with \`stint kill ${d.id}\``,
  },
  SESSION_ORPHANED: {
    status: 5,
    sentence: (d) => `session ${d.id} is orphaned: ${d.why}`,
    hint: (d) => `\`stint kill ${d.id}\` ends what still runs; then try again`,
  },
  SESSION_LEAKED: {
    status: 5,
    sentence: (d) =>
      `a process of an earlier turn of session ${d.id} still holds its ${d.tool} lock`,
    hint: () =>
      '`stint reap` ends what outlived its turn, `stint reap --dry-run` shows it; what runs without its environment is not there, `fuser -v` on the lock file names it',
  },
  LIVENESS_UNKNOWN: {
    status: 9,
    sentence: (d) => `cannot tell whether session ${d.id} is alive: ${d.why}`,
    hint: (d) =>
      `ask on the machine, in the container or as the user that started it; once that is gone for good, \`stint kill --lost ${d.id}\``,
  },
  JOURNAL_BUSY: {
    status: 5,
    sentence: (d) =>
      `the journal of session ${d.id} stayed locked for ${duration(d.waited_ms)}${
        d.holder ? `, by ${holderText(d.holder)}` : ''
      }`,
    hint: (d) =>
      d.holder?.stopped ? `continue its holder: \`kill -CONT ${d.holder.pid}\`` : 'try again',
  },
  STORE_BUSY: {
    status: 5,
    sentence: (d) =>
      `another clean-up of this store is at work${
        d.holder ? `: ${holderText(d.holder)}` : d.host ? ` on ${d.host}` : ''
      }`,
    hint: () => 'try again when it has finished',
  },
  STORE_NOT_SHARED: {
    status: 2,
    sentence: (d) => `the store ${d.store} is there already, and machines do not share it`,
    hint: (d) => `set shared = true in ${d.file} while nothing runs on any of them`,
  },
  CLOCK_SUSPECT: {
    status: 7,
    sentence: (d) =>
      d.id === undefined
        ? `it is ${d.now} by the clock, and nothing was recorded here after ${d.newest}`
        : `it is ${d.now} by the clock, and session ${d.id} was used later: ${d.newest}`,
    hint: (d) =>
      d.id === undefined
        ? 'nothing was touched: by a wrong clock every session is old; set it, or say that it is right with --trust-clock'
        : `nothing was touched: set the clock. If it was wrong then and is right now, \`stint pin ${d.id}\` or \`stint delete ${d.id}\` lets clean-ups go on, and --trust-clock this one`,
  },
  PLAN_INVALID: {
    status: 2,
    sentence: (d) => `${d.file} is no plan of \`stint gc\`: ${d.problem}`,
    hint: () => 'nothing was touched; `stint gc --plan FILE` writes one',
  },
  LEASE_HELD: {
    status: 5,
    sentence: (d) => `session ${d.id} is in use on the machine ${d.host}`,
    hint: (d) =>
      d.for_turn
        ? `wait until it has finished there, as \`resume --wait\` does, or work beside it with \`stint run --fork ${d.id}\``
        : 'try again when it has finished there',
  },
  LEASE_LOST: {
    status: 5,
    sentence: (d) => `this machine lost its lease of session ${d.id}; nothing more was written`,
    hint: () => 'another machine took the session over after this one had been silent too long',
  },
  WAIT_EXPIRED: {
    status: 124,
    sentence: (d) => `session ${d.id} was still running after ${duration(d.waited_ms)}`,
  },
  NOTHING_RUNS: {
    status: 1,
    sentence: (d) =>
      d.status === 'leaked'
        ? `no turn of session ${d.id} runs, but a process outlived one`
        : `nothing of session ${d.id} runs: it is ${d.status}`,
    hint: (d) =>
      d.status === 'leaked'
        ? `\`stint reap\` ends what outlived its turn and runs in its environment; \`stint show ${d.id}\` names the lock that is held`
        : undefined,
  },
  KILL_INCOMPLETE: {
    status: 1,
    sentence: (d) => `session ${d.id} still runs: ${d.why}`,
    hint: (d) =>
      d.holder?.stopped ? `\`kill -CONT ${d.holder.pid}\` has it record the end` : undefined,
  },
  KILL_UNRECORDED: {
    status: 7,
    sentence: (d) =>
      `nothing of session ${d.id} runs any more, but that could not be recorded: ${d.why}`,
    hint: (d) => `once it can be, \`stint kill ${d.id}\` or the session's next turn records it`,
  },
  COMMAND_NEEDED: {
    status: 2,
    sentence: (d) =>
      `session ${d.id} ran a plain command last, whose recorded form is redacted and cannot be run again`,
    hint: (d) =>
      `give the command: \`stint resume ${d.id} -- cmd args\`; a prompt needs an agent: --tool ${
        d.agent ?? 'TOOL'
      }`,
  },
  TOOL_UNKNOWN: {
    status: 2,
    sentence: (d) => `there is no tool ${d.tool || '""'}`,
    hint: (d) => {
      const meant = d.known.find((name) => name.startsWith(`${d.tool}-`))
      const guess = meant === undefined ? '' : `did you mean --tool ${meant}? `
      return `${guess}the tools are ${d.known.join(', ')}; any program runs after --`
    },
  },
  TOOL_CANNOT: {
    status: 2,
    sentence: (d) =>
      d.act === 'compact'
        ? `${d.tool} has no compaction without a terminal`
        : d.act === 'compact_nothing'
          ? `${d.tool} has no conversation in this session yet that it could compact`
          : d.act === 'interact'
            ? `${d.tool} has nothing to be talked with at a terminal`
            : d.act === 'permit'
              ? `${d.tool} cannot be told by --permission what it may do`
              : `${d.tool} cannot ${d.act} a conversation`,
    hint: (d) =>
      d.act === 'permit'
        ? `what it may do is what the command lines of [tools.${d.tool}] in the config say`
        : d.act === 'compact_nothing' || d.tool === 'command'
          ? undefined
          : '`stint tools` says which agents can do what',
  },
  PROMPT_TOO_LONG: {
    status: 2,
    sentence: (d) =>
      `the prompt makes an argument of ${d.bytes} bytes for ${d.tool}, and one can have 131071`,
    hint: (d) =>
      d.own
        ? `where ${d.tool} reads standard input, write stdin = "{prompt}" into [tools.${d.tool}] of the config, in place of the {prompt} of its command lines`
        : 'put it into a file, and have the prompt name that',
  },
  PROVIDER_SESSION_LOST: {
    status: 1,
    sentence: (d) =>
      `${d.tool} has lost its conversation ${d.provider_session_id}, so session ${d.id} cannot go on with it`,
    hint: (d) =>
      `\`stint run --fork ${d.id} "…"\` starts a new conversation, told of the last turns`,
  },
  PROVENANCE_REDACTED: {
    status: 2,
    sentence: (d) =>
      `the ${d.field} of session ${d.id} looked like a secret and was stored redacted`,
    hint: (d) => (d.field === 'cwd' ? 'give it with --cwd' : 'start a new session'),
  },
  CWD_GONE: {
    status: 7,
    sentence: (d) => `there is no directory ${d.cwd}`,
    hint: (d) =>
      d.id === undefined
        ? 'go to another, or name it with --project, and the one to run in with --cwd'
        : `session ${d.id} ran there; name another with --cwd; where the whole project was moved, \`stint project --help\` tells how to bring its sessions along`,
  },
  DEPTH_EXCEEDED: {
    status: 2,
    sentence: (d) => `a session at depth ${d.depth} is over the limit of ${d.limit}`,
    hint: () => 'raise depth_limit in the configuration, or STINT_DEPTH_LIMIT',
  },
  PROGRAM_MISSING: {
    status: 127,
    sentence: (d) => `no program ${quote(d.program)}`,
    hint: (d) => {
      if (d.program === '') return 'the first word after -- is the program'
      if (d.program.includes('/')) {
        return 'check its spelling; a relative path counts from where the turn runs'
      }
      const apart = d.program.includes(' ') ? '; the words of a command are given apart' : ''
      const others = d.tool === undefined ? '' : '; `stint tools` says which agents are installed'
      return `it is in no directory of PATH${apart}${others}`
    },
  },
  PROGRAM_NOT_EXECUTABLE: {
    status: 126,
    sentence: (d) => `${quote(d.program)} cannot be executed: ${d.problem}`,
    hint: (d) =>
      d.problem === 'permission denied' && d.path !== undefined
        ? `\`chmod +x ${shellWord(d.path)}\` makes it executable`
        : undefined,
  },
  SPAWN_FAILED: {
    status: 126,
    sentence: (d) => `${quote(d.program)} could not be started: ${d.problem}`,
  },
  STATE_INVALID: {
    status: 6,
    sentence: (d) =>
      `${d.file}${d.line === undefined ? '' : `:${d.line}${d.column === undefined ? '' : `:${d.column}`}`}: ${d.problem}`,
    hint: (d) =>
      d.line === undefined && d.problem === 'it is missing'
        ? 'the next change rebuilds it from the transcript'
        : 'the journal holds everything: `stint doctor --fix` rebuilds this file from it and keeps the old one',
  },
  SESSION_UNREADABLE: {
    status: 6,
    sentence: (d) => `session ${d.id} cannot be read: ${d.problem}`,
    hint: () => 'nothing was changed; `stint doctor` says what is wrong, and what mends it',
  },
  FORMAT_NEWER: {
    status: 6,
    sentence: (d) =>
      `${d.file} has format ${d.format}; this stint writes format ${d.supported} and only reads newer ones`,
    hint: () => 'update stint',
  },
  TRANSCRIPT_DAMAGED: {
    status: 6,
    sentence: (d) =>
      `the transcript of session ${d.id} is damaged at byte ${d.offset}: ${d.problem}`,
    hint: (d) =>
      `nothing was changed; \`stint logs --raw ${d.id}\` still prints every line, \`stint doctor --fix ${d.id}\` mends it`,
  },
  TRANSCRIPT_SHRUNK: {
    status: 6,
    sentence: (d) =>
      `the transcript of session ${d.id} has ${d.bytes} bytes, but ${d.expected} were recorded`,
    hint: (d) =>
      `something outside stint cut it; nothing was changed. Restore it from a backup, or go on from what is there: \`stint doctor --fix ${d.id}\``,
  },
  TRASH_OCCUPIED: {
    status: 1,
    sentence: (d) => `there is already something at the place of session ${d.id}`,
    hint: (d) => `nothing was moved; \`stint doctor ${d.id}\` says which of the two is to make way`,
  },
  DURABILITY_UNKNOWN: {
    status: 7,
    sentence: (d) =>
      `session ${d.id}: ${d.recorded ? 'the change is recorded, but the disk did not confirm it' : 'the disk did not confirm what was written'}`,
    hint: (d) =>
      d.recorded
        ? 'check the disk; the next change of the session tries again, and a power cut before that may undo this one'
        : 'check the disk, and try again',
  },
  DISK_FULL: {
    status: 7,
    sentence: (d) => `${fullness(d.errno)} ${d.path}${inJournal(d.recorded)}`,
    hint: (d) => {
      const cure = d.errno === 'EFBIG' ? 'raise the limit' : 'free some space'
      return d.recorded > 0
        ? `${cure}; nothing has to be done again`
        : `what was there before is whole; ${cure} and try again`
    },
  },
  ACCESS_DENIED: {
    status: 7,
    sentence: (d) => `no access to ${d.path} (${d.errno})${inJournal(d.recorded)}`,
    hint: (d) =>
      d.errno === 'EROFS'
        ? 'the file system is read-only: sessions there can be read, not changed'
        : `check its owner and permissions; \`stint doctor\` ${d.errno === 'EPERM' ? 'tries what the file system can do' : 'says what belongs to another user'}`,
  },
  IO_FAILED: {
    status: 7,
    sentence: (d) => `${d.path}: ${d.problem} (${d.errno})${inJournal(d.recorded)}`,
    hint: (d) =>
      d.errno === 'ENOENT' || d.errno === 'ENOTDIR'
        ? 'nothing is at that path, or what leads to it is no directory; check its spelling'
        : d.errno === 'ELOOP'
          ? 'a link stands there, which is not followed; in a store `stint doctor` says what to do'
          : d.errno === 'EILSEQ'
            ? 'give it a name in UTF-8; `ls -b` shows the one that it has'
            : undefined,
  },
  NO_LOCKS: {
    status: 7,
    sentence: (d) => `kernel locks cannot be used on ${d.path}: ${d.problem}`,
    hint: () =>
      'reinstall with optional dependencies (koffi) or install flock(1) of util-linux; on a file system without flock, set lease_only = true in project.toml of the store',
  },
  NO_REPOSITORY: {
    status: 7,
    sentence: (d) => `${d.dir} is in no git repository`,
    hint: () => 'a checkpoint is a note on a commit: make one with `git init` and `git commit`',
  },
  NO_COMMIT: {
    status: 7,
    sentence: (d) => `the repository of ${d.dir} has no commit checked out`,
    hint: () => 'a checkpoint is a note on a commit: make one with `git commit` and try again',
  },
  GIT_FAILED: {
    status: 7,
    sentence: (d) => `git failed in ${d.dir}: ${d.problem}`,
    hint: (d) =>
      d.problem.includes('dubious ownership')
        ? `it belongs to somebody else; if you trust it: \`git config --global --add safe.directory ${shellWord(d.dir)}\``
        : 'nothing was noted; `git -C` with that directory may tell more',
  },
  FILE_CHANGED: {
    status: 5,
    sentence: (d) => `${d.file} changed while it was read`,
    hint: () => 'nothing was changed; try again when no program writes to it',
  },
  CONVERSATION_UNREADABLE: {
    status: 1,
    sentence: (d) => `${d.file} was not imported: ${d.problem}`,
  },
  FILE_EXISTS: {
    status: 1,
    sentence: (d) => `${d.file} is there already`,
    hint: () => 'nothing was written; name another file, or replace it with --force',
  },
  ARCHIVE_INVALID: {
    status: 6,
    sentence: (d) => `${d.file} is no whole archive of sessions: ${d.problem}`,
    hint: () => 'nothing was restored; only what `stint export` wrote, byte for byte, can be',
  },
  ARCHIVE_TOO_LARGE: {
    status: 1,
    sentence: (d) => `${d.file} unpacks to ${d.bytes} bytes, and at most ${d.limit} are accepted`,
    hint: () => 'nothing was restored; if you trust it, raise the limit with --max-size',
  },
  EXPORT_TOO_LARGE: {
    status: 1,
    sentence: (d) => `this is more than the ${d.limit} ${d.what} that an archive may have`,
    hint: (d) =>
      d.what === 'bytes'
        ? 'nothing was written; raise the limit with --max-size, also where it is imported'
        : 'nothing was written; export fewer sessions at a time',
  },
  SESSION_EXISTS: {
    status: 1,
    sentence: (d) =>
      d.place === 'trash'
        ? `session ${d.id} is in the trash`
        : `there is another session ${d.id}, or it went on in another way`,
    hint: (d) =>
      d.place === 'trash'
        ? `nothing of it was restored from the archive; \`stint trash restore ${d.id}\` takes it back`
        : 'nothing of it was restored; import it into the store of another project: --project DIR',
  },
  INTERRUPTED: {
    status: 130,
    sentence: (d) => `interrupted by ${d.signal}`,
  },
}

/** What happened, in a sentence. */
export function sentenceOf<C extends FailureCode>(code: C, data: FailureData[C]): string {
  return rows[code].sentence(data)
}

/** What to do about it, where there is something to do. */
export function hintOf<C extends FailureCode>(code: C, data: FailureData[C]): string | undefined {
  return rows[code].hint?.(data)
}

/** The process exit status that stands for it. */
export function statusOf(code: FailureCode): number {
  return rows[code].status
}

/** Every code with its exit status, for the documentation. */
export function listFailureCodes(): { code: FailureCode; status: number }[] {
  return (Object.keys(rows) as FailureCode[]).map((code) => ({ code, status: rows[code].status }))
}

function shortHint(ref: string): string | undefined {
  return /^[0-9a-z]{1,3}$/i.test(ref)
    ? 'the start or end of an id takes 4 characters or more; `stint list` shows the sessions here'
    : undefined
}

function trashHint(ids: readonly string[] = []): string | undefined {
  if (ids.length < 2) {
    return ids[0] && `it is in the trash: \`stint trash restore ${ids[0]}\` brings it back`
  }
  return `${ids.length} such sessions are in the trash: \`stint trash list\` shows them`
}

/** Where a REF is the name of a file: what is a path is never guessed. */
function fileHint(file: string | undefined): string | undefined {
  return file === undefined ? undefined : `write ${shellWord(`./${file}`)} for the file`
}

function movedHint(from: string): string {
  return `a project of the same name was at ${from}, which is gone; if it moved here, \`stint project move ${shellWord(from)} .\` brings its sessions along`
}

function fullness(errno: 'EDQUOT' | 'EFBIG' | undefined): string {
  if (errno === 'EDQUOT') return 'the disk quota leaves no space for'
  return errno === 'EFBIG'
    ? 'the limit on the size of files (`ulimit -f`) stops'
    : 'no space left for'
}

function inJournal(recorded: number | undefined): string {
  return recorded ? '; the change is in the journal all the same' : ''
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text)
}

function candidateLine(c: Candidate): string {
  const facts = [
    c.age_ms === undefined ? undefined : `${duration(Math.round(c.age_ms / 1000) * 1000)} old`,
    c.status,
    c.name,
    c.description,
  ]
  return `\n  ${c.id}  ${facts.filter((fact) => fact !== undefined && fact !== '').join('  ')}`
}

function holderText(holder: Holder): string {
  const facts = [
    holder.tool,
    holder.turn === undefined || holder.turn === 0 ? undefined : `turn ${holder.turn}`,
    holder.host === undefined ? undefined : `host ${holder.host}`,
    holder.held_ms === undefined ? undefined : `for ${duration(holder.held_ms)}`,
    holder.stopped ? 'stopped' : undefined,
  ]
  const known = facts.filter((fact) => fact !== undefined)
  return `PID ${holder.pid}${known.length > 0 ? ` (${known.join(', ')})` : ''}`
}
