/** Every verb: its words, its options and what it promises. */

import type { ExplainedOption, ExplainedVerb } from './command.ts'

const many = Number.MAX_SAFE_INTEGER

const refused = [
  ['2', 'wrong usage'],
  ['3, 4', 'no such session; REF fits several'],
] as const

const changed = [
  ['0', 'done, and on the disk'],
  ...refused,
  ['5', 'the session is busy: locked by another process; try again later'],
  ['6, 7', 'damaged or newer data; the environment failed (disk full, permission)'],
] as const

const looked = [
  ['0', 'printed'],
  ...refused,
  ['6, 7', 'the data is damaged or newer; the environment failed'],
] as const

/** Of what runs a tool: what ends well, what is wrong usage, and whose program it is. */
const ran = (done: string, misused: string, program: string): ExplainedVerb['exits'] => [
  ['0', done],
  ['1–255', "the tool's own status when it is not 0; 128+n when signal n ended it"],
  ['2', misused],
  ['7', 'also where it ended in success and the disk was full for what --json prints'],
  ['124', 'it ran into --timeout or --idle-timeout'],
  ['125', 'stint failed before the tool started; the code is on stderr'],
  ['126, 127', `${program} cannot be executed; it was not found`],
  ['130', 'interrupted before the tool started'],
]

const limits: readonly ExplainedOption[] = [
  { name: 'timeout', value: 'DUR', kind: 'duration', help: 'stop the tool after this time' },
  {
    name: 'idle-timeout',
    value: 'DUR',
    kind: 'duration',
    help: 'stop the tool when it prints nothing for this time; an agent has 10m unless said',
  },
]

const turnOptions: readonly ExplainedOption[] = [
  { name: 'cwd', value: 'DIR', help: 'the directory to run in' },
  ...limits,
  {
    name: 'wait',
    value: 'DUR',
    kind: 'duration',
    optionalValue: true,
    help: "wait for the session's running turn, at most so long, instead of refusing",
  },
  {
    name: 'id-file',
    value: 'FILE',
    help: "write the session's id to FILE, no device or pipe, once it is on the disk",
  },
  { name: 'no-hup', help: 'go on when the terminal is closed' },
  { name: 'raw', help: "pass the agent's own output on, as it is" },
]

const promptOptions: readonly ExplainedOption[] = [
  {
    name: 'tool',
    value: 'TOOL',
    help: 'the agent: aider, claude-code, codex, gemini-cli, opencode or one of your own; whose output the command prints',
  },
  {
    name: 'acp',
    value: 'COMMAND',
    help: 'any agent that speaks the Agent Client Protocol, by its command: "opencode acp"',
  },
  { name: 'prompt-file', value: 'FILE', help: 'the prompt stands in FILE; - is standard input' },
  {
    name: 'permission',
    value: 'WHAT',
    kind: 'choice',
    choices: ['allow', 'deny', 'ask'],
    help: 'what the agent may do unasked: allow (edit and run), deny (only what it does by itself; the default), or ask (you, where the agent speaks ACP and there is a terminal; else deny)',
  },
  {
    name: 'interactive',
    short: 'i',
    help: 'hand the terminal to the tool; what is said there is not kept',
  },
]

const run: ExplainedVerb = {
  name: 'run',
  group: 'Run',
  summary: 'run an agent or a command as a turn of a session',
  usage: '(PROMPT | -- COMMAND…)',
  positionals: { min: 0, max: 1 },
  runs: true,
  passthrough: true,
  options: [
    { name: 'session', value: 'REF', help: 'the next turn of this session instead of a new one' },
    { name: 'last', help: 'the next turn of the session that ran last' },
    { name: 'fork', value: 'REF', help: 'a new session that starts from this one' },
    { name: 'ephemeral', help: 'keep nothing: the session is removed when the turn ends' },
    { name: 'parent', value: 'REF', help: 'make the new session a child of this one' },
    { name: 'description', short: 'd', value: 'TEXT', help: 'what the session is about' },
    { name: 'name', value: 'NAME', help: 'a name to call it by' },
    { name: 'shared', help: 'machines share the store that is made now (docs/scaling.md)' },
    ...promptOptions,
    ...turnOptions,
  ],
  reach: 'all',
  details: `Runs one turn, in a new session unless --session, --last or --fork says otherwise: PROMPT goes to the agent that --tool names, and what comes after \`--\` is a command, word for word. With --tool the command is that agent's own, and its output is read as such.

A prompt of \`-\` is read from standard input. With any other an agent gets nothing from there, so that a loop over the lines of a file keeps them.

Of an agent, what it says goes to stdout as it comes, and what it does is a line each on stderr. How its turn ended is what it says itself, where it does (docs/tools.md), whatever its exit status.

The tool's output is passed on as it comes and kept in the session's transcript, with secrets redacted. The first line on stderr is \`session <id> turn <n>\`, unless --quiet. With --json, stdout is the one result object instead. A \`run\` inside a turn makes a child session.`,
  exits: ran('the tool ended in success', 'wrong usage', 'the command'),
  examples: [
    'stint run --tool codex "fix the failing test"',
    'stint run --tool codex -- codex exec --json -m gpt-5 "fix the failing test"',
    'stint run -d "Nightly build" --timeout 2h -- make all',
    'stint run --last --wait=10m -- ./continue.sh',
  ],
}

const resume: ExplainedVerb = {
  name: 'resume',
  handler: 'run',
  group: 'Run',
  summary: 'run the next turn of a session',
  usage: 'REF (PROMPT | -- COMMAND…)',
  positionals: { min: 1, max: 2 },
  runs: true,
  passthrough: true,
  options: [...promptOptions, ...turnOptions],
  reach: 'all',
  details: `The same as \`stint run --session REF\`: the id, the transcript and the tool's own conversation go on. A session that runs is refused with its holder, unless --wait. PROMPT goes to the agent of its last turn, which goes on with its own conversation by its id.

A session of a plain command needs \`-- COMMAND\`: what it ran before was kept redacted and cannot be run again.`,
  exits: ran(
    'the tool ended in success',
    'wrong usage, or the session needs a command',
    'the command',
  ),
  examples: [
    'stint resume @last "now add a test"',
    'stint resume @last -- npm test',
    'stint resume auth --wait -- ./add-tests.sh',
  ],
}

const compress: ExplainedVerb = {
  name: 'compress',
  handler: 'run',
  group: 'Run',
  summary: "have an agent make a session's conversation shorter",
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  runs: true,
  options: turnOptions,
  reach: 'all',
  details:
    'A turn of its own, in which the agent of the last turn sums up what was said and goes on with that: `/compact` of claude-code, `/compress` of gemini-cli, or the like of an agent that speaks ACP. aider, codex and opencode have nothing of the kind without a terminal. The transcript keeps everything; the phase of the session becomes `available`.',
  exits: ran(
    'the conversation is shorter',
    'wrong usage, or the agent has no such command',
    "the agent's program",
  ),
  examples: ['stint compress @last'],
}

const tools: ExplainedVerb = {
  name: 'tools',
  group: 'Look',
  summary: 'list the agents, and which of them are installed',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [],
  reach: 'one',
  details:
    'Asks each agent that is found for its version, and says what stint can have it do: go on with a conversation (resume), copy one (fork), make one shorter (compact). MEMORY is what 95 of 100 turns in this project took at most. `[tools.NAME]` in the config names another program, or arguments, or describes a tool of your own (docs/tools.md), which is listed and not asked. An agent that speaks ACP is not listed.',
  exits: [
    ['0', 'printed'],
    ['2', 'wrong usage'],
    ['7', 'the environment failed'],
  ],
  examples: ['stint tools', 'stint tools --json'],
}

const list: ExplainedVerb = {
  name: 'list',
  group: 'Look',
  summary: 'list sessions, the newest first',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [
    { name: 'tree', help: 'children under their parents' },
    {
      name: 'tool',
      value: 'TOOL,…',
      kind: 'list',
      repeat: true,
      help: 'only sessions of these tools',
    },
    { name: 'branch', value: 'BRANCH', help: 'only sessions started on this git branch' },
    {
      name: 'status',
      value: 'STATUS,…',
      kind: 'list',
      repeat: true,
      choices: [
        'running',
        'orphaned',
        'crashed',
        'idle',
        'available',
        'retired',
        'unknown',
        'unreadable',
      ],
      help: 'only running, orphaned, crashed, idle, available, retired, unknown, unreadable',
    },
    {
      name: 'since',
      value: 'DATE',
      kind: 'when',
      help: 'only sessions used since a date, or within a duration',
    },
    { name: 'limit', value: 'N', kind: 'count', min: 1, help: 'at most so many' },
    {
      name: 'sort',
      value: 'KEY',
      kind: 'choice',
      choices: ['created', 'accessed', 'size'],
      help: 'by created (the default), accessed or size',
    },
    { name: 'size', help: 'also show what each takes on the disk' },
  ],
  reach: 'many',
  details: `Prints one line a session: id, status, how its newest turn ended, when it was used, tool, name and description. On a terminal the start of the id that is enough to name it stands out, long cells are cut, and on a narrow one columns are left out; elsewhere nothing is cut. Looking changes nothing.

Where there are several stores, STORE tells them apart: by the project's name, or by the store's directory where two have one name, as on two machines. A store that cannot be read is a warning. Nothing is written in any of them, so that a read-only mount or a copy will do.

With --json: an array of objects, with --all-projects or several --store each with \`store\`, its store's directory; with --tree too, the same objects with \`children\`, and \`usage_total\` where something is known of what a session and all its descendants used. Whatever is filtered out, --tree shows what the others descend from, and counts what all used.`,
  exits: [
    ['0', 'printed, also when there is none'],
    ['2', 'wrong usage'],
    ['7', 'the environment failed'],
  ],
  examples: [
    'stint list --status running,crashed',
    'stint list --tree --since 7d',
    'stint list --store /mnt/a/app-1a2b3c4d5e6f --store /mnt/b/app-1a2b3c4d5e6f',
    'stint list --json | jq -r ".[].id"',
  ],
}

const show: ExplainedVerb = {
  name: 'show',
  group: 'Look',
  summary: 'show everything about a session',
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [{ name: 'tree', help: 'also its children and theirs, and what all of them used' }],
  reach: 'all',
  details:
    'Prints what the session is, how its newest turn went, where it lies on the disk, who holds its locks, and whether it lives and why. With --json: one object, with the whole state; with --tree also its `children` and `usage_total`.',
  exits: looked,
  examples: [
    'stint show @last',
    'stint show @last --tree',
    'stint show auth --json | jq .liveness',
  ],
}

const finishedTurn: ExplainedOption = {
  name: 'turn',
  value: 'N',
  kind: 'count',
  min: 1,
  help: 'this turn instead of the newest finished one',
}

const result: ExplainedVerb = {
  name: 'result',
  group: 'Look',
  summary: 'print the result of a turn',
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [finishedTurn],
  reach: 'all',
  details:
    'Prints outcome, exit status, duration, usage and artifacts of a finished turn. The exit status is about printing, not about the turn.',
  exits: [['0', 'printed'], ['1', 'no turn has finished yet'], ...looked.slice(1)],
  examples: ['stint result @last', 'stint result 01JH4Q --turn 2 --json'],
}

const logs: ExplainedVerb = {
  name: 'logs',
  group: 'Look',
  summary: 'print the transcript of a session',
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [
    { name: 'tail', value: 'N', kind: 'count', help: 'only the last N entries' },
    {
      name: 'follow',
      short: 'f',
      value: 'forever',
      kind: 'choice',
      choices: ['forever'],
      optionalValue: true,
      help: 'go on while something runs; with =forever, also after that',
    },
    {
      name: 'type',
      value: 'TYPE,…',
      kind: 'list',
      repeat: true,
      help: 'only entries of these types, such as message,output,error',
    },
    { name: 'turn', value: 'N', kind: 'count', min: 1, help: 'only this turn' },
    { name: 'raw', help: 'the lines as they are in the file, also damaged ones' },
  ],
  reach: 'all',
  details: `Prints the entries for people; control characters that a tool printed are made visible. --raw and --json keep them as JSON: --raw one entry a line, --json one array.

--follow goes on across turns and ends when nothing runs and everything is printed.`,
  exits: [...looked, ['130', '--follow was interrupted']],
  examples: [
    'stint logs -f @last',
    'stint logs auth --type error,message --tail 20',
    'stint logs 01JH4Q --raw | jq .text',
  ],
}

const artifacts: ExplainedVerb = {
  name: 'artifacts',
  group: 'Look',
  summary: "list the files that a session's turns left",
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [],
  reach: 'all',
  details:
    "Prints the size and path of each file under the session's output directory. With --json: an array.",
  exits: looked,
  examples: ['stint artifacts @last', 'stint artifacts auth --json | jq -r ".[].path"'],
}

const log: ExplainedVerb = {
  name: 'log',
  group: 'Look',
  summary: 'list the git commits made during a session',
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [],
  reach: 'all',
  details:
    'Prints the commits in the history of HEAD, in the directory of the newest turn, that were made between the beginning of the session and the end of that turn, the newest first. (`stint logs` prints the transcript.) With --json: an array.',
  exits: [...looked, ['127', 'there is no git']],
  examples: ['stint log auth'],
}

const checkpoints: ExplainedVerb = {
  name: 'checkpoints',
  group: 'Look',
  summary: 'list checkpoints, the newest first',
  usage: '[REF]',
  positionals: { min: 0, max: 1 },
  options: [
    { name: 'verify', help: 'say for each whether it and the transcript still agree, and why not' },
  ],
  reach: 'all',
  details: `Prints what \`stint checkpoint\` noted: for REF in the repository of that session, otherwise all in the repository of the project, also those of sessions that are gone or were fetched with the notes. With --json: an array.

--verify reads each transcript again. It is \`redacted\` where \`stint redact --fix\` took something out of it since, \`gone\` where there is none in this store, and \`differs\` where transcript or note was changed otherwise.`,
  exits: [
    ['0', 'printed, also when there is none; with --verify, all agree'],
    ['1', '--verify found one that does not agree'],
    ...refused,
    ['6, 7', 'the data is damaged or newer; no repository, or the environment failed'],
    ['127', 'there is no git'],
  ],
  examples: ['stint checkpoints', 'stint checkpoints auth --verify --json | jq -r ".[].verdict"'],
}

const isAlive: ExplainedVerb = {
  name: 'is-alive',
  group: 'Look',
  summary: 'say whether a session is alive, and why',
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [],
  reach: 'all',
  details: `Prints the status and what it follows from. Alive are \`running\`, \`busy\` and \`orphaned\` (its supervisor died, the agent lives on). Kernel locks decide, never the time since the last entry.`,
  exits: [
    ['0', 'alive'],
    ['1', 'not alive'],
    ...refused,
    ['7', 'the environment failed'],
    ['9', 'cannot be known from here: another machine or container started it'],
  ],
  examples: [
    'stint is-alive 01JH4QWERT1234567890ABCDEF',
    'stint is-alive @last --quiet || stint resume @last -- ./next.sh',
  ],
}

const wait: ExplainedVerb = {
  name: 'wait',
  group: 'Look',
  summary: 'wait until the running turn of a session ends',
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [
    { name: 'timeout', value: 'DUR', kind: 'duration', help: 'give up after this time' },
    { name: 'tree', help: 'wait for its children and theirs, too' },
  ],
  reach: 'all',
  details:
    'Says how the turn ended: at once when nothing runs. With --json: the result object, or with --tree an array of them; for a session without a turn that has ended, its id and status.',
  exits: [
    ['0', 'the turn ended in success'],
    ['1', 'it ended otherwise'],
    ...refused,
    ['6, 7', 'the data is damaged or newer; the environment failed'],
    ['9', 'cannot be known whether it runs'],
    ['124', 'it still ran after --timeout'],
    ['130', 'interrupted'],
  ],
  examples: ['stint wait @last && stint result @last', 'stint wait build --timeout 30m'],
}

const kill: ExplainedVerb = {
  name: 'kill',
  group: 'Run',
  summary: 'stop the running or orphaned turn of a session',
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [
    { name: 'lost', help: 'its machine or container is gone for good: record that it crashed' },
  ],
  reach: 'all',
  details: `Asks the tool's whole process group to end, and after a grace period (\`kill_grace\`, 5s) makes it. An agent that speaks ACP is asked to cancel first, and has 2 s for that. Then the same is done to every other process of the turn, wherever it went, and to child sessions that the turn started. The turn's outcome becomes \`cancelled\`; the session stays and can be resumed. Where the journal cannot be written all of that is done, too, and what could not be recorded is said.

What a turn that ended by itself left running is for \`stint reap\`.

Of a turn that another machine or container started nothing can be known once that is no more, and nothing is guessed: it stays \`unknown\`. With --lost it is you who says so. No signal is sent, and nothing is done while a lock of the session is held.`,
  exits: [
    ['0', 'nothing of the turn runs any more'],
    ['1', 'nothing ran, or something still does'],
    ...refused,
    [
      '5, 6, 7',
      'the session is busy; its data is damaged or newer; the environment failed, or the end could not be recorded',
    ],
    ['9', 'cannot be known whether it runs; nothing was stopped'],
  ],
  examples: ['stint kill @last'],
}

const ps: ExplainedVerb = {
  name: 'ps',
  group: 'Look',
  summary: 'list the processes of sessions, also those left over',
  usage: '',
  positionals: { min: 0, max: 0 },
  options: [],
  reach: 'many',
  details: `Prints one line a process: session, status, pid, age and command line, with secrets redacted. \`left over\` is what outlived its session's turn: \`stint reap\` would end it. \`gone\` is a session that is not there any more. Of several stores, one that cannot be read is a warning.

A tool's processes are known by the session's id in their environment; one that emptied it is not found. The supervisor of a nested session belongs to that session.`,
  exits: [
    ['0', 'printed, also when there is none'],
    ['2', 'wrong usage'],
    ['7', 'the environment failed'],
  ],
  examples: ['stint ps', 'stint ps --all-projects --json | jq ".[] | select(.left_over)"'],
}

const reap: ExplainedVerb = {
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

const rename: ExplainedVerb = {
  name: 'rename',
  group: 'Change',
  summary: 'change the name or the description of a session',
  usage: 'REF [NAME]',
  positionals: { min: 1, max: 2 },
  options: [{ name: 'description', short: 'd', value: 'TEXT', help: 'the new description' }],
  reach: 'all',
  details:
    'A name has 1 to 64 of A-Z a-z 0-9 . _ - and need not be unique. It works while the session runs.',
  exits: changed,
  examples: ['stint rename @last auth', 'stint rename auth -d "Auth refactor, second try"'],
}

const pin: ExplainedVerb = {
  name: 'pin',
  group: 'Change',
  summary: 'keep a session from being cleaned up',
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [],
  reach: 'all',
  details: 'A pinned session is passed over by every clean-up that goes by age or size.',
  exits: changed,
  examples: ['stint pin auth'],
}

const unpin: ExplainedVerb = {
  name: 'unpin',
  handler: 'pin',
  group: 'Change',
  summary: 'let a session be cleaned up again',
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [],
  reach: 'all',
  details: 'Takes back `stint pin`.',
  exits: changed,
  examples: ['stint unpin auth'],
}

const checkpoint: ExplainedVerb = {
  name: 'checkpoint',
  group: 'Change',
  summary: 'note the result of a turn on the checked-out commit',
  usage: 'REF',
  positionals: { min: 1, max: 1 },
  options: [finishedTurn],
  reach: 'all',
  details: `Writes a git note under refs/notes/stint on the commit that HEAD is at, with the turn's redacted result and a checksum of the transcript up to its end. The repository is the one around the directory that the session's newest turn ran in, or else the project's. \`git notes --ref=stint show\` prints it, \`git push origin refs/notes/stint\` hands it on.

A commit can have checkpoints of many sessions and turns; the same turn noted again takes the place of its own. It works while the session runs, and does not count as use of it. No hook runs, nothing is signed, and no file of the worktree is touched.`,
  exits: [
    ['0', 'noted'],
    ['1', 'no turn has finished yet'],
    ...refused,
    ['5', 'the session is busy: locked by another process; try again later'],
    ['6, 7', 'damaged or newer data; no repository, no commit, or the environment failed'],
    ['127', 'there is no git'],
  ],
  examples: ['stint checkpoint @last', 'stint checkpoint auth --turn 2'],
}

/** `delete` is no name that code can have. */
const deleteSessions: ExplainedVerb = {
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

const gc: ExplainedVerb = {
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

const clean: ExplainedVerb = {
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

const du: ExplainedVerb = {
  name: 'du',
  group: 'Look',
  summary: 'show what sessions take on the disk',
  usage: '[REF…]',
  positionals: { min: 0, max: many },
  options: [],
  reach: 'all',
  details:
    'The largest first, in whole blocks as du(1) counts them: all of a session, its transcript, and what is under `output/`. Of several stores, one that cannot be read is a warning. With --json: an array with an object for each store.',
  exits: looked,
  examples: ['stint du', 'stint du --all-projects', 'stint du auth --json'],
}

const project: ExplainedVerb = {
  name: 'project',
  group: 'Change',
  summary: 'move sessions to where their project is now',
  usage: 'move OLD NEW',
  positionals: { min: 3, max: 3 },
  actions: ['move'],
  options: [],
  reach: 'none',
  details:
    "Sessions are found by their project's path. When a project was moved from OLD to NEW, this moves its sessions, and what is in their trash, to where they are looked for now, and they are resumed in NEW. Projects inside of OLD move along. Sessions that NEW has already, if only in its trash, stay, and the command that takes them away is printed. One that runs stays with OLD and is named; the same command moves it later.",
  exits: [
    ['0', 'done'],
    ['2', 'wrong usage'],
    ['3', 'OLD has no sessions, or there is no directory NEW'],
    ['5', 'some sessions stay with OLD, or a clean-up is at work'],
    ['6, 7', 'newer data; the environment failed (disk full, permission)'],
  ],
  examples: ['stint project move ~/old/demo ~/src/demo'],
}

const trash: ExplainedVerb = {
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

const config: ExplainedVerb = {
  name: 'config',
  group: 'Look',
  summary: 'show every setting, its value and where that comes from',
  usage: '[KEY]',
  positionals: { min: 0, max: 1 },
  options: [],
  reach: 'none',
  details:
    'A setting comes from its flag, else from its environment variable, else from config.toml, else from the default. With KEY, prints only that value. The file is `$XDG_CONFIG_HOME/stint/config.toml`, by default `~/.config/stint/config.toml`; who wants one makes it.',
  exits: [
    ['0', 'printed'],
    ['2', 'there is no such key, or a value is invalid'],
    ['7', 'the file cannot be read'],
  ],
  examples: ['stint config', 'stint config kill_grace', 'STINT_TIMEOUT=1h stint config timeout'],
}

const completion: ExplainedVerb = {
  name: 'completion',
  group: 'Look',
  summary: 'print what makes a shell complete the words of stint',
  usage: 'bash | zsh | fish | words -- WORD…',
  positionals: { min: 1, max: 1 },
  actions: ['bash', 'zsh', 'fish', 'words'],
  passthrough: true,
  options: [],
  reach: 'all',
  details: `Prints a script for the shell: verbs, options and their values, the names and ids of sessions with what they are about, files, and behind \`--\` the command as if it stood alone. It looks for \`stint\` in PATH. To have it in every new shell, put it where the shell looks for such scripts (the examples; make the directory where there is none, and have zsh look into it by \`fpath+=(~/.zfunc)\` before \`compinit\`), or load it from a start-up file: \`source <(stint completion bash)\`, \`stint completion fish | source\`.

The scripts ask \`stint completion words -- WORD…\`: the words behind \`stint\` up to the cursor, the last being unfinished, maybe empty. The first line of the answer says what else may come (\`words\`: nothing, \`files\`, \`dirs\`, or \`command N\`: what is completed is the command that starts at word N of the line, counted from 0); each further line is a whole word, a tab and what it means. With --json: one object.`,
  exits: [
    ['0', 'printed'],
    ['2', 'wrong usage'],
    ['6, 7', 'newer data; the environment failed'],
  ],
  examples: [
    'stint completion bash > ~/.local/share/bash-completion/completions/stint',
    'stint completion zsh > ~/.zfunc/_stint',
    'stint completion fish > ~/.config/fish/completions/stint.fish',
  ],
}

const redact: ExplainedVerb = {
  name: 'redact',
  group: 'Change',
  summary: 'take secrets out of a text, a session or a file',
  usage: '[REF|FILE|DIR…]',
  positionals: { min: 0, max: many },
  options: [
    { name: 'check', help: 'only say where there are secrets and by which rule' },
    { name: 'fix', help: 'take them out of sessions and files that are there' },
  ],
  reach: 'all',
  details: `Without an option it is a filter: standard input is passed to standard output as it comes, line by line, each secret as \`[REDACTED:<rule>]\`. Nothing is written to disk.

--check prints one line for each find, \`PATH:LINE: rule\` or \`ID seq N: rule\`, and never the secret; without a REF or path it reads standard input. A word with a \`/\` in it, \`.\` and \`..\` are paths; any other word is a REF, so write \`./NAME\` for a file. Under a directory every file is looked at, but no binary one and nothing behind a link. A place in a session that cannot be searched is a find of the rule \`error\`. Sessions of other programs are files: \`~/.codex/sessions\`, \`~/.claude/projects\`, \`~/.gemini\`.

--fix takes them out. A session keeps every entry with its number; one that runs is refused. A file gets a new content in one rename, and what it was is kept as \`NAME.before-redact\`: remove that once it is not needed, since it holds the secrets. Nothing is touched in which nothing is found. A secret that was written down may have been read: replace it where it is used.`,
  exits: [
    ['0', 'nothing was found, or all of it was taken out; the text was passed on'],
    ['1', '--check found something; or a place could not be searched'],
    ...changed.slice(1),
    ['130', 'interrupted'],
    ['141', 'nobody reads the output any more'],
  ],
  examples: [
    './deploy.sh 2>&1 | stint redact | tee deploy.log',
    'stint redact --check @last ~/.codex/sessions ./notes.md',
    'stint redact --fix auth ~/.claude/projects',
  ],
}

/** `import` is no name that code can have. */
const importConversations: ExplainedVerb = {
  name: 'import',
  group: 'Change',
  summary: "make sessions of an agent's own conversations, or of an archive",
  usage: 'codex|gemini-cli|claude-code|FILE',
  positionals: { min: 1, max: 1 },
  options: [
    {
      name: 'since',
      value: 'DATE',
      kind: 'when',
      help: 'only files written to since a date, or within a duration',
    },
    { name: 'dry-run', help: 'only list what would be imported' },
    {
      name: 'by-reference',
      help: 'keep only the first prompt, the last message and the path of the file',
    },
    {
      name: 'max-size',
      value: 'SIZE',
      kind: 'size',
      help: 'how much an archive may unpack to; 16G unless said',
    },
  ],
  reach: 'all',
  details: `Of a tool: reads \`$CODEX_HOME/sessions\`, \`~/.gemini/tmp\` or \`~/.claude/projects\` and changes nothing there. Each conversation that was held in this project becomes a session with the times that it had: prompts as turns, what was said, done and used, all of it redacted. \`stint resume\` goes on with it. A turn whose end the file does not tell is \`unknown\`.

A conversation that a session of the store has already, also one in the trash, is passed over, so it can be run again and again. Where the file has grown since it was imported, that is said, and nothing is added.

With --all-projects each conversation goes into the store of its own project, also when its directory is gone. With --json: an array with a row for each file.

Of an archive that \`stint export\` wrote: FILE has a \`/\` in it, ends in \`.tar.gz\` or \`.tgz\`, or is there; \`-\` is standard input. Its sessions go into the store of this project, with the ids that they had. Everything in it is checked before the first of them appears, its texts are redacted by the present rules, and a turn that was open is over. A session that is there already is passed over; one whose id is taken, or that is in the trash, is refused, and the rest is restored.`,
  exits: [
    ['0', 'done, also when there was nothing to import'],
    ['1', 'a file or a session was refused; the rest was imported'],
    ['2', 'wrong usage'],
    ['6, 7', 'damaged or newer data; the environment failed (disk full, permission)'],
    ['130', 'interrupted: what is there already stays, and the next import restores the rest'],
  ],
  examples: [
    'stint import codex --dry-run',
    'stint import claude-code --since 7d --quiet',
    'stint import gemini-cli --all-projects --json | jq -r ".[].session_id"',
    'stint import ./auth.tar.gz --dry-run',
  ],
}

/** `export` is no name that code can have. */
const exportSessions: ExplainedVerb = {
  name: 'export',
  group: 'Look',
  summary: 'write sessions into an archive, or one as a document to read',
  usage: 'REF…',
  positionals: { min: 1, max: many },
  options: [
    { name: 'to', value: 'FILE', help: 'the file to write; - is standard output' },
    { name: 'tree', help: 'also all descendants' },
    { name: 'force', help: 'replace FILE when it is there' },
    {
      name: 'max-size',
      value: 'SIZE',
      kind: 'size',
      help: 'how much an archive may hold; 16G unless said, as where it is imported',
    },
    {
      name: 'format',
      value: 'FORMAT',
      kind: 'choice',
      choices: ['md', 'json', 'html'],
      help: 'a document of one session instead: md, json or html; on standard output without --to',
    },
  ],
  reach: 'all',
  details: `The archive is a .tar.gz: \`manifest.json\` with the checksum of every file, and of each session the state, the transcript and the plain files in \`output/\`. Links and other things that are no files are left out, which is said. The same sessions give the same bytes. A session that runs is taken as far as its transcript is. \`stint import FILE\` restores it.

Transcripts are redacted as they were recorded (\`stint redact --check REF\` tells what the present rules find); what a tool left in \`output/\` is its own and is not. A document is redacted again, has no control characters, and as html neither a script nor anything that is loaded.

FILE is written beside, synced and put in its place whole.`,
  exits: [
    ['0', 'written, and on the disk'],
    ['1', 'FILE is there already, or it is more than one archive may hold'],
    ...refused,
    ['5', 'a file changed while it was read; try again'],
    ['6, 7', 'damaged or newer data; the environment failed (disk full, permission)'],
    ['130', 'interrupted: there is no file'],
  ],
  examples: [
    'stint export auth --tree --to auth.tar.gz',
    'stint export @last --format html --to session.html',
    'stint export auth --to - | ssh host stint import -',
  ],
}

const doctor: ExplainedVerb = {
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

/** By name, in the order of help. */
export const verbs: Readonly<Record<string, ExplainedVerb>> = {
  run,
  resume,
  compress,
  kill,
  tools,
  list,
  show,
  result,
  logs,
  artifacts,
  log,
  checkpoints,
  export: exportSessions,
  'is-alive': isAlive,
  wait,
  ps,
  du,
  config,
  completion,
  rename,
  pin,
  unpin,
  checkpoint,
  redact,
  import: importConversations,
  project,
  gc,
  clean,
  reap,
  delete: deleteSessions,
  trash,
  doctor,
}
