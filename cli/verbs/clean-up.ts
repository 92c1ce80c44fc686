/** The verbs that clean up. */

import type { ExplainedOption, ExplainedVerb } from '../command.ts'
import { changed, many } from './common.ts'

export const reap: ExplainedVerb = {
  name: 'reap',
  group: 'Clean up',
  summary: "end processes that outlived their session's turn",
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [{ name: 'dry-run', help: 'only list what would be ended' }],
  reach: 'all',
  details: `Ends what has the id of a session of this project in its environment, when no turn of that session runs or may run: TERM, after a grace period (\`kill_grace\`, 5s) KILL. Servers and terminal multiplexers that a turn left behind on purpose are among them, so look with --dry-run first.

Nothing is done to a session that is running, busy, orphaned (that is for \`stint kill\`), unreadable or unknown, to whatever such a session runs in, and to the processes that this command itself runs in. Without anything to end nothing is printed.`,
  exits: [
    ['0', 'nothing is left over, or all of it was ended; printed, with --dry-run'],
    ['1', 'a process did not end'],
    ['2', 'wrong usage'],
    ['7', 'the environment failed'],
  ],
  examples: ['stint reap --dry-run', 'stint reap --all-projects'],
}

/** `delete` is no name that code can have. */
export const deleteSessions: ExplainedVerb = {
  name: 'delete',
  group: 'Clean up',
  summary: 'move sessions to the trash',
  usage: 'REF…',
  positionals: { min: 1, max: many },
  options: [{ name: 'tree', help: 'and all sessions that descend from them' }],
  reach: 'all',
  details:
    'Every REF is resolved before anything is moved. A session that is alive, or of which that cannot be known, is refused, and the others are moved; with --tree nothing is moved if one of them is. Children of a deleted session stay, below a parent that is shown as gone. What is in the trash can be restored until it is emptied.',
  exits: changed,
  examples: [
    'stint delete auth 01JH4Q',
    'stint delete --tree auth',
    'stint trash restore --tree auth',
  ],
}

const retentionExits = (misuse: string) =>
  [
    ['0', 'done, also when there was nothing to do or another clean-up is at work'],
    ['1', 'something could not be done; the rest was'],
    ['2', misuse],
    [
      '6, 7',
      'newer data; the environment failed (disk full, permission), or the clock is not to be trusted',
    ],
    ['130', 'interrupted: what was done stays done, and the next run goes on'],
  ] as const

const dryRun: ExplainedOption = { name: 'dry-run', help: 'only show what would be done, and why' }

const hadTool: ExplainedOption = {
  name: 'tool',
  value: 'TOOL,…',
  kind: 'list',
  repeat: true,
  help: 'only sessions that had one of these tools',
}

const trustClock: ExplainedOption = {
  name: 'trust-clock',
  help: 'go on although the clock may have jumped',
}

export const gc: ExplainedVerb = {
  name: 'gc',
  group: 'Clean up',
  summary: 'clean up by policy: crashed, old and trashed sessions',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [
    {
      name: 'older-than',
      value: 'DUR',
      kind: 'duration',
      help: 'sessions that were last used longer ago may go',
    },
    {
      name: 'keep-last',
      value: 'N',
      kind: 'count',
      help: 'those of a project that were used last stay; alone: all others go',
    },
    {
      name: 'max-count',
      value: 'N',
      kind: 'count',
      help: 'so many of a project stay; those used longest ago go first',
    },
    {
      name: 'max-size',
      value: 'SIZE',
      kind: 'size',
      help: "so much of a project's sessions stays; those used longest ago go first",
    },
    hadTool,
    {
      name: 'status',
      value: 'STATUS,…',
      kind: 'list',
      repeat: true,
      choices: ['idle', 'available', 'retired', 'crashed'],
      help: 'only idle, available, retired or crashed sessions',
    },
    {
      name: 'trash-for',
      value: 'DUR',
      kind: 'duration',
      help: 'how long sessions stay in the trash (7d)',
    },
    {
      name: 'archive',
      value: 'DIR',
      help: 'first write each session that goes to the trash into DIR, as ID.tar.gz',
    },
    dryRun,
    { name: 'plan', value: 'FILE', help: 'write what would be done into FILE, as JSON' },
    {
      name: 'apply',
      value: 'FILE',
      help: 'do what stands in FILE, except where something changed',
    },
    {
      name: 'orphan-stores',
      help: 'also clear the stores of projects whose directory is gone',
    },
    trustClock,
    { name: 'print-cron', help: 'print a line for crontab with these options' },
    { name: 'print-systemd', help: 'print a service and a timer with these options' },
  ],
  reach: 'all',
  details: `A session that the policy asks for is marked as retired and moved to the trash, from where \`stint trash restore\` brings it back; what has been in the trash for --trash-for is removed for good. Without --older-than, --keep-last, --max-count or --max-size no session goes to the trash: only crashes are recorded, the trash is purged, and what crashes left is removed. Rules also stand in config.toml, under \`[gc]\`; \`stint config\` shows them.

Whatever the policy: a session stays that runs, is orphaned or leaked, is pinned, was used less than an hour ago, cannot be read, is the caller's own or one that it descends from, has a living descendant, or was last worked on by another machine of a shared store. Each session is looked at again, under its locks, before it goes. When the clock cannot be right nothing is done.

With --archive DIR a session goes to the trash only once its archive is on the disk and was read back; \`stint import\` restores it.

--plan FILE writes a verdict and a reason for every session; --apply FILE does exactly what stands there, and skips what changed since. What is removed is noted in \`gc.log.jsonl\` in the store.

Made for cron: silent when there was nothing to do, one line otherwise; one clean-up of a store at a time, a second one says so and exits 0. It can be killed at any time; the next run goes on.`,
  exits: retentionExits('wrong usage, or what --apply names is no plan'),
  examples: [
    'stint gc --older-than 30d --keep-last 20 --dry-run',
    'stint gc --all-projects --older-than 30d --print-cron',
    'stint gc --max-size 2GB --archive ~/archive --plan plan.json',
    'stint gc --apply plan.json',
  ],
}

export const clean: ExplainedVerb = {
  name: 'clean',
  group: 'Clean up',
  summary: 'move sessions that were not used for some days to the trash',
  usage: '--days N',
  positionals: { min: 0, max: 0 },
  options: [
    { name: 'days', value: 'N', kind: 'count', help: 'sessions that were not used for N days' },
    hadTool,
    dryRun,
    trustClock,
  ],
  reach: 'all',
  details:
    'The same as `stint gc --older-than Nd`, and nothing else of what that does: no crash is recorded, and nothing leaves the trash. What stays in any case, stays.',
  exits: retentionExits('wrong usage'),
  examples: ['stint clean --days 30 --dry-run', 'stint clean --days 14 --tool codex'],
}

export const trash: ExplainedVerb = {
  name: 'trash',
  group: 'Clean up',
  summary: 'list, restore or empty the trash',
  usage: 'list | restore REF… | empty [REF…]',
  positionals: { min: 1, max: many },
  actions: ['list', 'restore', 'empty'],
  options: [{ name: 'tree', help: 'restore also those in it that descend from REF' }],
  reach: 'one',
  details: `\`trash list\` prints what is in it and when it got there; \`trash restore REF…\` puts sessions back, with --tree whole trees; \`trash empty\` removes everything in it for good, or only the sessions that are named.`,
  exits: [
    ['0', 'done, or printed'],
    ['1', 'the place of a session to restore is taken'],
    ...changed.slice(1),
  ],
  examples: [
    'stint trash list',
    'stint trash restore 01JH4Q',
    'stint trash restore --tree auth',
    'stint trash empty',
  ],
}

export const doctor: ExplainedVerb = {
  name: 'doctor',
  group: 'Clean up',
  summary: 'find what is wrong with sessions and stores, and mend it',
  usage: '[REF|CHECK…]',
  positionals: { min: 0, max: many },
  options: [
    { name: 'fix', help: 'mend what can be mended; what is replaced is kept' },
    { name: 'dry-run', help: 'with --fix: only say what would be done' },
    { name: 'deep', help: 'read every transcript to its end, and search all of it for secrets' },
    { name: 'list', help: 'list the checks and what each means' },
  ],
  reach: 'all',
  details: `Prints what it finds, the worst first: how bad it is, the check's id, the session, what was seen, and the command that mends it. Damage keeps stint from a change, or something is lost; a warning wants somebody to look; a note is for information. Words that are the id of a check limit it to these checks, other words to these sessions. Of a check that is not named the first five finds are printed, and how many more there are; --json has all. Of what is in the trash it says what would keep it from being restored.

Looking changes nothing. It makes one directory below the root, in which two processes try what the disk does with locks, links and renames, and removes it again; where the root cannot be written, that is passed over with a note.

--fix mends, each session under its locks and after it was looked at once more: a state is written anew from the transcript; a damaged transcript keeps every entry, in order, and says in a new one what was cut; a crashed turn is recorded. The files that it replaces stay under \`quarantine/\` in the store. Of a session that is named the whole transcript is read. A session that is in use is left as it is, and no process is ever ended. Then it looks again, and says what is left.`,
  exits: [
    ['0', 'nothing but notes was found, or is left'],
    ['1', 'there are warnings'],
    ['2', 'wrong usage'],
    ['3, 4', 'no such session; REF fits several'],
    ['5', '--fix: another clean-up of the store is at work'],
    ['6', 'there is damage'],
    ['7', 'the environment failed'],
    ['130', 'interrupted'],
  ],
  examples: [
    'stint doctor',
    'stint doctor --deep --all-projects --json',
    'stint doctor --fix --dry-run @last',
    'stint doctor --fix state.missing turn.crashed',
  ],
}
