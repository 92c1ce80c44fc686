/** The verbs that look. */

import type { ExplainedVerb } from '../command.ts'
import { finishedTurn, looked, many, refused } from './common.ts'

export const tools: ExplainedVerb = {
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

export const list: ExplainedVerb = {
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

export const show: ExplainedVerb = {
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

export const result: ExplainedVerb = {
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

export const logs: ExplainedVerb = {
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

export const artifacts: ExplainedVerb = {
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

export const log: ExplainedVerb = {
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

export const checkpoints: ExplainedVerb = {
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

export const isAlive: ExplainedVerb = {
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

export const wait: ExplainedVerb = {
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

export const ps: ExplainedVerb = {
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

export const du: ExplainedVerb = {
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

export const config: ExplainedVerb = {
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

export const completion: ExplainedVerb = {
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

/** `export` is no name that code can have. */
export const exportSessions: ExplainedVerb = {
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
