/** The verbs that run a turn or end one. */

import type { ExplainedOption, ExplainedVerb } from '../command.ts'
import { refused } from './common.ts'

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

export const run: ExplainedVerb = {
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

The tool's output is passed on as it comes and kept in the session's transcript, with secrets redacted. The first line on stderr is \`session <id> turn <n>\`, unless --quiet. With --json, stdout is the one result object instead. A \`run\` inside a turn makes a child session.

Ctrl-C, TERM, HUP and QUIT are passed on to the tool, whose turn is interrupted then unless it says how it ended; a second Ctrl-C kills it. Ctrl-Z stops both, and deadlines with them; with --interactive these keys are the tool's. USR1, USR2, ALRM and XCPU are passed on as well, and end nothing that heeds them.`,
  exits: ran('the tool ended in success', 'wrong usage', 'the command'),
  examples: [
    'stint run --tool codex "fix the failing test"',
    'stint run --tool codex -- codex exec --json -m gpt-5 "fix the failing test"',
    'stint run -d "Nightly build" --timeout 2h -- make all',
    'stint run --last --wait=10m -- ./continue.sh',
  ],
}

export const resume: ExplainedVerb = {
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

export const compress: ExplainedVerb = {
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

export const kill: ExplainedVerb = {
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
