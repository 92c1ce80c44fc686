/** What a check is: its id, how bad what it finds is, what that means, and what mends it. */

import type { SessionId } from '../base/id.ts'

/**
 * `damage` keeps stint from doing something, or something is lost; a `warning` wants somebody to look;
 * a `note` is for information.
 */
export type Severity = 'damage' | 'warning' | 'note'

/** A row of the table of checks. */
export interface Check {
  readonly severity: Severity
  /** What it means when it finds something. */
  readonly meaning: string
  /** What `--fix` does about it; without it a person has to. */
  readonly mends?: string
  /** It is looked for with `--deep` alone. */
  readonly deep?: true
}

export type CheckId =
  | 'root.permissions'
  | 'root.owner'
  | 'root.link'
  | 'root.leftover'
  | 'disk.type'
  | 'disk.unshared'
  | 'disk.write'
  | 'disk.mode'
  | 'disk.flock'
  | 'disk.exclusive'
  | 'disk.link'
  | 'disk.rename'
  | 'disk.sync'
  | 'disk.clock'
  | 'disk.unprobed'
  | 'disk.space'
  | 'disk.inodes'
  | 'node.version'
  | 'locks.fallback'
  | 'locks.none'
  | 'config.invalid'
  | 'config.unknown'
  | 'machine.identity'
  | 'runtime.permissions'
  | 'store.project'
  | 'store.unreadable'
  | 'store.newer'
  | 'store.leftover'
  | 'store.name'
  | 'store.case'
  | 'store.kind'
  | 'store.last'
  | 'staging.leftover'
  | 'ephemeral.leftover'
  | 'trash.leftover'
  | 'trash.twice'
  | 'session.unreadable'
  | 'session.access'
  | 'session.foreign'
  | 'session.leftover'
  | 'state.missing'
  | 'state.invalid'
  | 'state.newer'
  | 'state.behind-journal'
  | 'state.diverged'
  | 'transcript.missing'
  | 'transcript.shrunk'
  | 'transcript.torn-tail'
  | 'transcript.nul-tail'
  | 'transcript.garbage'
  | 'transcript.gap'
  | 'transcript.duplicate'
  | 'transcript.regression'
  | 'transcript.unfoldable'
  | 'transcript.newer'
  | 'transcript.unsynced'
  | 'transcript.size'
  | 'transcript.secrets'
  | 'turn.crashed'
  | 'turn.orphaned'
  | 'turn.unknown'
  | 'turn.stopped'
  | 'turn.same-cwd'
  | 'lock.leaked-holder'
  | 'lock.stale-facts'
  | 'lock.missing'
  | 'lock.directory'
  | 'lock.kind'
  | 'result.missing'
  | 'time.future'
  | 'tree.parent-gone'
  | 'tree.cycle'
  | 'tree.depth'
  | 'provider.shared'

/** Every check. */
export const checks: Readonly<Record<CheckId, Check>> = {
  'root.permissions': {
    severity: 'warning',
    meaning: 'The root, or a directory of a store, can be entered by other users.',
  },
  'root.owner': {
    severity: 'warning',
    meaning: 'The root, or a directory of a store, belongs to another user.',
  },
  'root.link': {
    severity: 'warning',
    meaning: 'A symbolic link or a file stands in place of the root or of a directory of a store.',
  },
  'root.leftover': {
    severity: 'note',
    meaning: 'A doctor that was killed left the directory it tried the disk in.',
    mends: 'removes it',
  },
  'disk.type': {
    severity: 'note',
    meaning: 'The root is on a file system that other machines may write too.',
  },
  'disk.unshared': {
    severity: 'warning',
    meaning: 'The store is on such a file system, but its project.toml does not say `shared`.',
  },
  'disk.write': {
    severity: 'damage',
    meaning: 'What is written, appended or cut is refused, or not what a second process reads.',
  },
  'disk.mode': {
    severity: 'warning',
    meaning:
      'The file system keeps no modes, and others can read what is in it, unless it is mounted with `umask=077` or the like.',
  },
  'disk.flock': {
    severity: 'warning',
    meaning: 'A kernel lock does not keep a second process out, or outlives its process.',
  },
  'disk.exclusive': {
    severity: 'warning',
    meaning: 'A file or a second name is made where there is one, although it must not be.',
  },
  'disk.link': {
    severity: 'note',
    meaning: 'Files get no second name; where one would do, they are copied.',
  },
  'disk.rename': {
    severity: 'damage',
    meaning: 'A rename does not replace a file, replaces what it must not, or loses something.',
  },
  'disk.sync': {
    severity: 'warning',
    meaning: 'A file or a directory cannot be synced: a power cut may take back what is new.',
  },
  'disk.clock': {
    severity: 'warning',
    meaning: "The file server's clock and this machine's are more than 5 s apart.",
  },
  'disk.unprobed': {
    severity: 'note',
    meaning:
      'What the disk does could not be tried: the root is not there yet, or cannot be written.',
  },
  'disk.space': {
    severity: 'warning',
    meaning: 'Less than 64 MiB and a tenth, or less than 1 GiB and a hundredth, is free.',
  },
  'disk.inodes': { severity: 'warning', meaning: 'Less than 1,000 more files can be made.' },
  'node.version': { severity: 'warning', meaning: 'This Node is older than 20.19.' },
  'locks.fallback': {
    severity: 'note',
    meaning: 'koffi does not load, so locks are set by flock(1), which takes longer.',
  },
  'locks.none': {
    severity: 'warning',
    meaning: 'Neither koffi nor flock(1) is there: nothing can be locked.',
  },
  'config.invalid': { severity: 'warning', meaning: 'The settings cannot be read.' },
  'config.unknown': {
    severity: 'note',
    meaning: 'The settings have a key that stint does not know.',
  },
  'machine.identity': {
    severity: 'note',
    meaning: 'The boot id, the machine id or the pid namespace cannot be read.',
  },
  'runtime.permissions': {
    severity: 'warning',
    meaning: "The directory of turns' private files can be used by others, so it is refused.",
  },
  'store.project': {
    severity: 'damage',
    meaning: 'project.toml cannot be read, so nothing in the store can be changed.',
    mends: 'writes it anew, where the path of the project is known for sure',
  },
  'store.unreadable': {
    severity: 'damage',
    meaning: 'Something of the store cannot be looked at.',
  },
  'store.newer': {
    severity: 'warning',
    meaning: 'A newer stint made the store; this one adds nothing to it.',
  },
  'store.leftover': {
    severity: 'note',
    meaning: 'A process that died left part of a replaced file, more than an hour ago.',
    mends: 'removes it',
  },
  'store.name': {
    severity: 'warning',
    meaning: 'In sessions/ stands something whose name is no id, so no command sees it.',
  },
  'store.case': {
    severity: 'warning',
    meaning: 'In sessions/ stands a directory whose name is an id but for upper and lower case.',
  },
  'store.kind': {
    severity: 'warning',
    meaning: "A link or a file stands in place of a session's directory.",
  },
  'store.last': {
    severity: 'note',
    meaning: 'The hint for @last holds no id; the session is looked for in the states instead.',
  },
  'staging.leftover': {
    severity: 'note',
    meaning: 'A process that died left a session of which nobody was told.',
    mends: 'removes it, as the next run would',
  },
  'ephemeral.leftover': {
    severity: 'note',
    meaning: 'A run --ephemeral that died left its session.',
    mends: 'removes it, as the next run would',
  },
  'trash.leftover': {
    severity: 'note',
    meaning: 'The removal of a deleted session was interrupted.',
    mends: 'removes the rest',
  },
  'trash.twice': {
    severity: 'warning',
    meaning: 'A session stands in sessions/ as well: it can neither be deleted nor restored.',
  },
  'session.unreadable': {
    severity: 'damage',
    meaning: 'Neither its state nor its transcript tells what the session is.',
    mends: 'makes a session of what there is, where the files can be read',
  },
  'session.access': {
    severity: 'damage',
    meaning: 'This user may not read and write a file of the session, or its directory.',
  },
  'session.foreign': {
    severity: 'damage',
    meaning: 'The files in the directory are those of another session.',
  },
  'session.leftover': {
    severity: 'note',
    meaning: 'A process that died left part of a replaced file in the session.',
    mends: 'removes it, as the next change would',
  },
  'state.missing': {
    severity: 'warning',
    meaning: 'state.toml is missing; the transcript tells all of it.',
    mends: 'writes it anew from the transcript',
  },
  'state.invalid': {
    severity: 'damage',
    meaning: 'state.toml cannot be read, so the session cannot be changed.',
    mends: 'writes it anew from the transcript; keeps the old one',
  },
  'state.newer': {
    severity: 'warning',
    meaning: 'A newer stint wrote state.toml; this one only reads the session.',
  },
  'state.behind-journal': {
    severity: 'note',
    meaning: 'state.toml is older than the transcript and nobody is at it: a process died.',
    mends: 'writes it anew from the transcript',
  },
  'state.diverged': {
    severity: 'damage',
    meaning: 'state.toml says something else than the entries that it counts.',
    mends: 'writes it anew from the transcript; keeps the old one',
  },
  'transcript.missing': {
    severity: 'damage',
    meaning: 'The transcript is not there.',
    mends: 'begins a new one with what the state knows',
  },
  'transcript.shrunk': {
    severity: 'damage',
    meaning:
      'The transcript is shorter than the state has seen it: something outside stint cut it.',
    mends: 'goes on from what is there; says in entries what the state knows beyond it',
  },
  'transcript.torn-tail': {
    severity: 'note',
    meaning: 'The last line is not whole, and nobody is at it: a process or the power died.',
    mends: 'cuts it, or ends it where nothing but the line feed is missing',
  },
  'transcript.nul-tail': {
    severity: 'note',
    meaning: 'The transcript ends in NULs, as a power cut leaves it.',
    mends: 'cuts them',
  },
  'transcript.garbage': {
    severity: 'damage',
    meaning: 'There is a line that is no entry, with entries around it.',
    mends: 'cuts the line; keeps the old file',
  },
  'transcript.gap': {
    severity: 'damage',
    meaning: 'Numbers are missing: entries are gone.',
    mends: 'numbers what is there; keeps the old file',
  },
  'transcript.duplicate': {
    severity: 'damage',
    meaning: 'An entry stands there twice.',
    mends: 'cuts the second; keeps the old file',
  },
  'transcript.regression': {
    severity: 'damage',
    meaning: 'A number is smaller than the one before it: two writers, or files put together.',
    mends: 'numbers what is there in its order; keeps the old file',
  },
  'transcript.unfoldable': {
    severity: 'damage',
    meaning: 'An entry says what no stint writes, so no state follows from it.',
    mends: 'cuts it; keeps the old file',
  },
  'transcript.newer': {
    severity: 'note',
    meaning: 'Lines of a newer version; they are read as far as they are known.',
    deep: true,
  },
  'transcript.unsynced': {
    severity: 'warning',
    meaning: 'A sync of the transcript failed: a power cut may take back what is new.',
    mends: 'puts a copy of it on the disk, in its place',
  },
  'transcript.size': {
    severity: 'note',
    meaning: 'The transcript is larger than the setting transcript_cap.',
  },
  'transcript.secrets': {
    severity: 'warning',
    meaning:
      'The rules of now find secrets. Looked for at the ends of the newest transcripts; with --deep in all of them.',
  },
  'turn.crashed': {
    severity: 'warning',
    meaning: 'The supervisor of an open turn died, and nothing of it runs.',
    mends: 'records that the turn has crashed',
  },
  'turn.orphaned': {
    severity: 'warning',
    meaning: 'The supervisor of an open turn died, and its tool runs on.',
  },
  'turn.unknown': {
    severity: 'note',
    meaning:
      'Whether an open turn lives cannot be told from this machine or container. Once the one that started it is gone for good, `stint kill --lost` gives it up.',
  },
  'turn.stopped': {
    severity: 'warning',
    meaning: 'The supervisor of a turn was stopped by a signal, and keeps its session locked.',
  },
  'turn.same-cwd': {
    severity: 'note',
    meaning: 'Two turns of one tool run in one directory.',
  },
  'lock.leaked-holder': {
    severity: 'warning',
    meaning: "A process outlived its turn and still holds the tool's lock.",
  },
  'lock.stale-facts': {
    severity: 'note',
    meaning:
      'A lock is held, but the process that its file names is gone: who holds it is not known.',
  },
  'lock.missing': {
    severity: 'warning',
    meaning:
      'A turn is open and the file of its lock is not there: it was removed while it was held.',
  },
  'lock.directory': {
    severity: 'damage',
    meaning: 'The session has no locks/, so it cannot be changed.',
    mends: 'makes it',
  },
  'lock.kind': {
    severity: 'damage',
    meaning:
      'A link or a directory stands in place of a lock: nobody knows whether the session lives, or it cannot be changed.',
  },
  'result.missing': {
    severity: 'note',
    meaning: "The newest turn's result.toml is missing; the transcript has the result.",
    mends: 'writes it from the transcript',
  },
  'time.future': {
    severity: 'note',
    meaning: 'An instant of the session is in the future: a clock was wrong.',
  },
  'tree.parent-gone': { severity: 'note', meaning: 'The parent of a session is not in the store.' },
  'tree.cycle': { severity: 'warning', meaning: 'A session is among its own ancestors.' },
  'tree.depth': { severity: 'note', meaning: "A session's depth is not its parent's plus one." },
  'provider.shared': {
    severity: 'warning',
    meaning: 'Two sessions go on with the same conversation of a tool.',
  },
}

/** Whether a word is the id of a check. */
export function isCheckId(word: string): word is CheckId {
  return Object.hasOwn(checks, word)
}

/** What a check saw; the doctor adds where, and what mends it. */
export interface Sighting {
  readonly id: CheckId
  /** What was seen; never a secret. */
  readonly evidence: string
  /** The file, with `:line` or ` at byte` where that helps. */
  readonly file?: string
  /** The command that a person has to give, where `--fix` does not do. */
  readonly fix?: string
}

/** What was found, where, and what to do. */
export interface Finding {
  readonly id: CheckId
  readonly severity: Severity
  readonly session: SessionId | null
  /** The session is in the trash. */
  readonly trashed: boolean
  /** The store's directory; null where it is about the root or the machine. */
  readonly store: string | null
  readonly evidence: string
  readonly file: string | null
  /** The command to give; null where none would mend it. */
  readonly fix: string | null
}
