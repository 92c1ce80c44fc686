/** The verbs that change sessions. */

import type { ExplainedVerb } from '../command.ts'
import { changed, finishedTurn, many, refused } from './common.ts'

export const rename: ExplainedVerb = {
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

export const pin: ExplainedVerb = {
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

export const unpin: ExplainedVerb = {
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

export const checkpoint: ExplainedVerb = {
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

export const project: ExplainedVerb = {
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

export const redact: ExplainedVerb = {
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
export const importConversations: ExplainedVerb = {
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
