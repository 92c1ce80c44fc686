/**
 * docs/cli.md, docs/doctor.md, docs/failures.md and docs/redaction.md are printed from the code: the test
 * command with `spec/docs -u` behind it writes them anew (`-u spec/docs` would run everything). What all
 * documents show of stint's command line must parse.
 */

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseArgs } from '../cli/argv.ts'
import {
  type ExplainedOption,
  type ExplainedVerb,
  type Group,
  optionsOf,
  usageLine,
} from '../cli/command.ts'
import { formatReport, reportOf } from '../cli/fail.ts'
import { verbs } from '../cli/verbs.ts'
import {
  type CheckId,
  checks,
  Failure,
  type FailureCode,
  listFailureCodes,
  readConfig,
  type SettingRow,
} from '../lib/index.ts'
import { charsets, type Rule, rules } from '../lib/redact/rules.ts'
import { failureSamples } from './support/failure-samples.ts'

const root = join(import.meta.dirname, '..')
const width = 120

const sources = ['lib', 'cli'].flatMap((dir) =>
  readdirSync(join(root, dir), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name: join(dir, name), text: readFileSync(join(root, dir, name), 'utf8') })),
)

// ── docs/cli.md ──────────────────────────────────────────────────────────────────────────────────

const groups: readonly Group[] = ['Run', 'Look', 'Change', 'Clean up']

const intro = `# The command line

Printed from the table of verbs that the program itself parses with and prints its help from.

A command is \`stint\`, a verb, and what belongs to the verb. Options stand behind the verb, before or after its other
words, as \`--name value\` or \`--name=value\`; one-letter switches can be bundled. An optional value, shown as
\`--name[=VALUE]\`, is given only with the equals sign. When an option is given twice, the last one counts, unless its
values add up. \`--\` ends the options: behind it stands the command of a verb that runs one.

\`stint --help\` (\`stint help\`) lists the verbs, \`stint VERB --help\` (\`stint help VERB\`) explains one, and
\`stint --version\` (\`-V\`) prints the version.

Data goes to standard output and talk to standard error; what cannot be said there keeps nothing from being done.
Durations are \`250ms 45s 30m 12h 7d 2w\`, also joined as \`1h30m\`; a date is ISO 8601 (\`2026-02-06\`,
\`2026-02-06T10:00Z\`), by the local clock where it names no zone, or a duration that counts back from now.

A prompt goes to a tool, which [tools.md](tools.md) tells of; the tool \`command\` runs what stands behind \`--\`.`

const refs = `## REF: naming a session

| form | means |
|---|---|
| a whole id | this session, also one of \`run --ephemeral\` while it runs |
| 4 or more characters of an id's start or end | the session whose id starts or ends so |
| a name | the session of that name, whole |
| \`@last\` | the session whose turn started last among those without a parent; inside a turn, among the caller's children |
| \`@self\` | the session of the turn around this command |
| \`@parent\`, \`@root\` | its parent; the topmost of its ancestors |

Upper and lower case are the same, and \`I L O\` are read as \`1 1 0\`. A REF that fits two sessions, be it by different
rules, is refused and the candidates are shown. A session is looked for in the project of the current directory; one
that is found only in another project is refused too, with that project's path, unless \`--all-projects\` is given.

The project of a directory is the main worktree of the git repository around it, so that all worktrees share one store,
or the directory itself where there is no repository. \`--store\` wins over \`--project\`.`

const statuses = `## Exit statuses

| status | meaning |
|---|---|
| 0 | fine |
| 1 | the answer is no, or what was asked for failed |
| 2 | wrong usage |
| 3 | no such session |
| 4 | REF fits several sessions |
| 5 | busy: locked by another process or machine |
| 6 | damaged data, or data of a newer version |
| 7 | the environment failed: disk full, no permission, missing directory |
| 9 | it cannot be known from here whether the session is alive |
| 124 | \`wait --timeout\` was over |
| 130 | interrupted |
| 141 | nobody reads standard output any more |

\`run\`, \`resume\` and \`compress\` end with the status of the tool. What keeps the tool from starting is 125 there, except
wrong usage (2), a program that cannot be executed (126) or found (127), and an interruption (130).
[failures.md](failures.md) has every code with both of its statuses.`

const shapes = `## What \`--json\` prints

| verb | document |
|---|---|
| \`run\`, \`resume\`, \`compress\`, \`result\` | the result of the turn: the data of its \`turn_ended\` entry, see [format.md](format.md) |
| \`list\` | an array of sessions: \`id name description status phase tool tools turn outcome created_at last_accessed idle_for_ms parent_session_id fork_of_session_id depth branch cwd project_path pinned usage\`; with \`--size\` also \`size_bytes\`, with \`--all-projects\` or several \`--store\` also \`store\` |
| \`list --tree\` | the same objects with \`children\`, and where known \`usage_total\`: sums over the session and its descendants, each counted once; an absent parent is \`{id, status: "gone", children}\`; one of a cycle has \`cycle: true\` |
| \`show\` | such an object with \`dir\`, \`state\` (state.toml), \`locks\` (\`name held holder\`), \`liveness\` (\`status why holder\`) and \`warnings\`; with \`--tree\` also \`children\` and \`usage_total\` |
| \`logs\` | an array of entries; not together with \`--follow\` or \`--raw\` |
| \`artifacts\` | an array of \`{path, size_bytes}\`, paths relative to the session's \`output/\`; bytes of a name that are no UTF-8 stand as U+FFFD |
| \`log\` | an array of \`{commit, author, committed_at, subject}\` |
| \`checkpoint\` | what was noted: \`{session_id, turn, head, at, seq, bytes, sha256, redacted, result}\`, see [format.md](format.md), and \`commit\` |
| \`checkpoints\` | an array of the same with \`v\`; \`commit\` is the one that has the note now; with \`--verify\` also \`verdict\` (\`agrees redacted differs gone\`) and \`why\` |
| \`export\` | \`{file, bytes, sessions}\`: of each session \`id seq name description project_path open_turn files left_out\`, \`files\` being how many and \`left_out\` \`{path, why}\` of each that is not in it. Of a document in FILE \`{file, bytes}\`; on standard output, with \`--format json\`, the document itself: \`{session, state, entries}\`, redacted once more |
| \`import\` of a tool | an array of \`{act, tool, file, provider_session_id, session_id, created_at, prompt, bytes, project_path, why}\`; \`act\` is \`imported\`, \`known\`, \`grown\`, \`elsewhere\`, \`skipped\` or \`failed\` |
| \`import FILE\` | an array of \`{act, id, name, description, project_path, entries, files, bytes, code, why}\`; \`act\` is \`imported\`, \`known\` or \`refused\` |
| \`is-alive\` | \`{id, status, why, holder}\`; a \`holder\`, here and in \`show\`, is there where one is known |
| \`wait\` | the result of the newest turn, as \`result\` prints it; of a session without one \`{id, status, outcome}\`; with \`--tree\` an array of them, the session's own first |
| \`kill\` | \`{id, turn, signal, outcome}\`; \`signal\` is the strongest that was sent, or null; \`asked\`: true where an agent that speaks ACP was left the time to cancel first |
| \`ps\` | an array of processes: \`id status project_path role turn pid pgid stopped age_ms command left_over\`, \`id\` being the session's and \`role\` \`supervisor\` or \`tool\` |
| \`reap\` | an array of such objects with \`signal\` (\`SIGTERM\`, \`SIGKILL\` or null) and \`ended\`; empty when nothing is left over |
| \`rename\` | \`{id, name, description}\` |
| \`pin\`, \`unpin\` | \`{id, pinned}\` |
| \`redact --check\`, \`redact --fix\` | \`{findings, files, sessions, passed_over}\`: \`{file, line, rule, count}\` or \`{session, seq, rule, count}\` of each find (with \`file\` and \`line\` for a session's other files, without a line where all of one is meant), how many were looked through, and \`{file, why}\` or \`{session, why}\` of what was passed over, with \`code\` where it failed; with \`--fix\` also \`changed\`: \`{file, backup}\` or \`{session}\`. Standard input is the file \`-\`; the rule \`error\` is a place that could not be searched |
| \`delete\`, \`trash restore\` | an array of \`{id}\`, with \`code\` and \`why\` of one that could not be changed |
| \`trash list\` | an array of sessions with \`trashed_at\` |
| \`trash empty\` | \`{removed, kept}\`: ids, and \`{id, code, why}\` of what stays, \`code\` being null where it is in use |
| \`gc\`, \`clean\` | \`{stores}\`: of each \`store project_path orphaned removed busy failure outcomes swept\`; an outcome is \`{id, act, result, why, bytes, archive, code}\`, \`act\` being \`record trash purge\` and \`result\` \`done skipped failed\`. With \`--dry-run\` the plan: see [format.md](format.md) |
| \`du\` | an array with an object for each store: \`{store, project_path, sessions, trash_bytes, quarantine_bytes, bytes}\`; of each session \`id name description last_accessed bytes transcript_bytes output_bytes\` |
| \`project move\` | an array of \`{from, to, moved, left, failure}\`: ids, \`{id, code, why}\` of what stays, and \`{code, message}\` of what kept the rest from being looked at, or null |
| \`doctor\` | \`{checks, summary, redactions}\`: what was found, \`{id, severity, session, trashed, store, evidence, file, fix}\` each; \`{checks, sessions, damage, warnings, notes}\`; how often each rule took something out of what is kept. With \`--fix\` what is left, and \`repairs\`: \`{session, store, did, kept, why}\`, \`why\` being the reason that it was left. With \`--dry-run\` an array of what was found with \`would\`; with \`--list\` of \`{id, severity, meaning, mends, deep}\` |
| \`tools\` | an array of \`{name, program, path, version, supports, memory}\`: \`path\` is null where the program was not found; \`supports\` is \`{resume, fork, compact}\`; \`memory\` is \`{turns, p95_bytes, max_bytes}\` of this project's turns, or null |
| \`config\` | an array of \`{key, help, value, origin, source}\`; with KEY that one object |

What is not known is null. A failure is one line on standard error: \`{"error": {code, message, hint, data}}\`.

A verb that changes several sessions, files or projects does so one after the other. One that fails is a warning, and
keeps none of the others from being changed; the document says of each what became of it, and the exit status is that of
the first that failed. Where nothing but one was asked for, its failure is that of the command.`

const environment: readonly (readonly [names: string, meaning: string])[] = [
  [
    'STINT_HOME',
    'the directory under which everything is kept; a relative one is below the current directory',
  ],
  ['XDG_STATE_HOME', 'without it, `$XDG_STATE_HOME/stint`, else `~/.local/state/stint`'],
  ['XDG_CONFIG_HOME', 'where `stint/config.toml` is; `~/.config` when unset or relative'],
  ['HOME', "the user's home directory"],
  ['GIT_DIR', 'the repository that decides the project, as for git'],
  ['PATH', 'where the program of a command is looked for'],
  [
    'XDG_RUNTIME_DIR',
    'private files of a turn are in `stint/` there; else in `stint-UID` below TMPDIR',
  ],
  ['TMPDIR', 'the directory for temporary files; `/tmp` when unset or relative'],
  ['CODEX_HOME', 'what `import codex` reads is there; else in `~/.codex`'],
  ['CLAUDE_CONFIG_DIR', 'what `import claude-code` reads is there; else in `~/.claude`'],
  [
    'GEMINI_CLI_HOME',
    'what `import gemini-cli` reads is in `.gemini` there, else in that of the home',
  ],
  ['STINT_COLOR', '`auto`, `always` or `never`; `--color` comes before it'],
  ['FORCE_COLOR', 'colour, unless it is `0` or `false`; comes behind the two above'],
  ['NO_COLOR', 'no colour, when it is not empty; comes behind FORCE_COLOR'],
  ['TERM', 'no colour when it is `dumb`'],
  ['STINT_DEBUG', '`1` shows where a failure was thrown'],
  ['STINT_TEST', '`1` refuses the default root, for tests'],
]

const given: readonly (readonly [name: string, meaning: string])[] = [
  ['STINT_SESSION_ID', "the session's id"],
  ['STINT_TURN', "the turn's number"],
  ['STINT_DEPTH', 'how deep the session is nested; 0 for one without a parent'],
  ['STINT_PARENT_SESSION', "the parent's id, empty without one"],
  ['STINT_OUTER_TURNS', 'the turns around this one, the outermost first: `<id>:<turn>` each'],
  ['STINT_PROJECT_ROOT', "the project's directory"],
  ['STINT_STORE', "the store's directory"],
  ['STINT_SESSION_DIR', "the session's directory"],
  ['STINT_OUTPUT_DIR', 'where the tool may leave files: `output/turn-NNNN` of the session'],
  ['PWD', 'the directory the tool runs in'],
]

function cliText(): string {
  const index = groups.map((group) => {
    const names = Object.values(verbs).filter((verb) => verb.group === group)
    return `| ${group} | ${names.map(({ name }) => `[${name}](#stint-${name})`).join(' ')} |`
  })
  return pages([
    intro,
    `## Verbs\n\n| group | verbs |\n|---|---|\n${index.join('\n')}`,
    refs,
    sharedText(),
    ...groups.flatMap((group) =>
      Object.values(verbs)
        .filter((verb) => verb.group === group)
        .map(verbText),
    ),
    shapes,
    statuses,
    environmentText(),
  ])
}

/** The options that a verb shares with others. */
function sharedOf(verb: ExplainedVerb): readonly ExplainedOption[] {
  return optionsOf(verb).filter((option) => !verb.options.includes(option))
}

function sharedText(): string {
  const shared = new Map<string, { option: ExplainedOption; users: string[] }>()
  for (const verb of Object.values(verbs)) {
    for (const option of sharedOf(verb)) {
      const row = shared.get(option.name) ?? { option, users: [] }
      row.users.push(verb.name)
      shared.set(option.name, row)
    }
  }
  const total = Object.keys(verbs).length
  const rows = [...shared.values()].map(({ option, users }) => {
    const absent = Object.keys(verbs).filter((name) => !users.includes(name))
    const where =
      users.length === total ? 'all' : `all but ${absent.map((name) => `\`${name}\``).join(', ')}`
    return `${optionCells(option)} ${where} |`
  })
  return `## Shared options\n\n| option | what it does | verbs |\n|---|---|---|\n${rows.join('\n')}`
}

function verbText(verb: ExplainedVerb): string {
  const exits = verb.exits.map(([status, meaning]) => `| ${status} | ${cell(meaning)} |`)
  return pages([
    `## stint ${verb.name}`,
    wrap(`${verb.summary[0]?.toUpperCase()}${verb.summary.slice(1)}: \`${usageLine(verb)}\``),
    ...verb.details.split('\n\n').map(wrap),
    ...(verb.options.length === 0
      ? []
      : [
          `| option | what it does |\n|---|---|\n${verb.options.map((option) => optionCells(option)).join('\n')}`,
        ]),
    `| exit status | meaning |\n|---|---|\n${exits.join('\n')}`,
    `\`\`\`sh\n${verb.examples.join('\n')}\n\`\`\``,
  ]).trimEnd()
}

function optionCells(option: ExplainedOption): string {
  const short = option.short === undefined ? '' : `\`-${option.short}\`, `
  const value =
    option.value === undefined
      ? ''
      : option.optionalValue
        ? `[=${option.value}]`
        : ` ${option.value}`
  const more = option.repeat ? '; values add up' : ''
  return `| ${short}\`--${option.name}${value}\` | ${cell(option.help)}${more} |`
}

function environmentText(): string {
  const settings = variableRows({}).map(
    ({ key, value, help }) => `| \`${key}\` | \`${variableOf(key)}\` | ${value} | ${cell(help)} |`,
  )
  const table = (cells: readonly (readonly [string, string])[]) =>
    `| variable | meaning |\n|---|---|\n${cells.map(([name, meaning]) => `| \`${name}\` | ${meaning} |`).join('\n')}`
  return pages([
    '## Environment and settings',
    wrap(
      'A setting comes from its flag where the verb has one, else from its variable, else from `config.toml`, else from ' +
        'the default. A key with a dot stands in a table there: `[gc]`. An unknown key in the file is warned of; a value that cannot be is refused.',
    ),
    `| key | variable | default | meaning |\n|---|---|---|---|\n${settings.join('\n')}`,
    'The tables `[redaction]` and `[tools.NAME]` of the file are in [redaction.md](redaction.md) and [tools.md](tools.md).',
    'Sizes are `512MiB`, `2GB`, `64k` or a count of bytes. Other variables that are read:',
    table(environment),
    wrap(
      "A tool gets its caller's environment with these in it. A command inside of a turn reads `STINT_SESSION_ID`, " +
        '`STINT_TURN` and `STINT_STORE` back, and believes them only while that turn is open. An agent is not given ' +
        'what Claude Code sets for its own children, `CLAUDECODE` and the like.',
    ),
    table(given),
  ]).trimEnd()
}

/** What variables set: redaction is for the user's own file alone. */
function variableRows(env: Readonly<Record<string, string>>): readonly SettingRow[] {
  return readConfig(env, '/nonexistent').rows.filter(({ key }) => !key.startsWith('redaction.'))
}

function variableOf(key: string): string {
  return `STINT_${key.toUpperCase().replace('.', '_')}`
}

// ── docs/failures.md ─────────────────────────────────────────────────────────────────────────────

const failuresIntro = `# Failures

Printed from the table of codes. Codes and the keys of their data are stable; sentences and hints are not.

A failure is printed as \`error[CODE]: sentence\` with a \`hint:\` line where there is something to do, and with \`--json\`
as one line of JSON, \`{"error": {"code", "message", "hint", "data"}}\`, both on standard error. Some codes also come as
a warning, by their sentence alone, when a reader could do without what was wrong: \`STATE_INVALID\`, \`FORMAT_NEWER\`,
\`TRANSCRIPT_DAMAGED\` and \`TRANSCRIPT_SHRUNK\` of \`list\` and \`show\`; the exit status is then not theirs.

The second status in the table is that of \`run\`, \`resume\` and \`compress\`, which leave the others to the tool.`

/** A code that lib declares and nothing throws yet. */
function isReserved(code: FailureCode): boolean {
  return !sources.some(({ name, text }) => name !== 'lib/errors.ts' && text.includes(`'${code}'`))
}

function failuresText(): string {
  const codes = listFailureCodes()
  const rows = codes.map(({ code, status }) => {
    const failure = failureOf(code)
    expect(failure.status).toBe(status)
    const ran = reportOf(failure, verbs.run).status
    return `| [${code}](#${code.toLowerCase()}) | ${status} | ${ran} |`
  })
  return pages([
    failuresIntro,
    `| code | exit status | of \`run\` and the like |\n|---|---|---|\n${rows.join('\n')}`,
    ...codes.map(({ code }) => failureText(code)),
    `## INTERNAL\n\n${wrap('Exit status 1, of `run` and the like 125. Not in the table: a mistake in stint itself. `STINT_DEBUG=1` shows where it was thrown.')}`,
  ])
}

function failureText(code: FailureCode): string {
  const failure = failureOf(code)
  const printed = formatReport(reportOf(failure), { json: false, color: false, debug: false })
  const reserved = isReserved(code) ? ' Nothing gives it in this version.' : ''
  return pages([
    `## ${code}`,
    `Exit status ${failure.status}, of \`run\` and the like ${reportOf(failure, verbs.run).status}.${reserved}`,
    `\`\`\`text\n${printed.trimEnd()}\n\`\`\``,
    `\`\`\`json\n${JSON.stringify(failure.data, null, 2)}\n\`\`\``,
  ]).trimEnd()
}

function failureOf<C extends FailureCode>(code: C): Failure<C> {
  return new Failure(code, failureSamples[code])
}

// ── docs/doctor.md ───────────────────────────────────────────────────────────────────────────────

const doctorIntro = `# What the doctor checks

Printed from the table of checks. Ids are stable, and may only grow in number.

\`stint doctor\` looks and changes nothing; \`stint doctor --fix\` mends what says so below. Damage (exit status 6) keeps
stint from doing something, or something is lost; a warning (1) wants somebody to look; a note (0) is for information.

The one thing that looking writes is a directory \`.probe-<pid>\` below the root, in which two processes try writes, locks,
links, renames and syncs. It is removed at once; where the root cannot be written, a note says so. They try one mount:
whether a lock reaches those who have the same directory by another mount, or from another machine, cannot be seen there.
That is why stores on FUSE and network file systems have leases, whatever \`disk.flock\` says.

What is odd about a session counts only when a second look finds it too: a writer may have been at it. The states,
sizes and ends of all sessions are read; whole transcripts where their end is not what the state says, with \`--deep\`,
and of a session that \`--fix\` is given. Of a session in the trash only what would keep it from being restored is said,
and \`--fix\` mends it there.

No process is ever ended. What still lives is named, with the command that ends it after it has looked for itself.`

function doctorText(): string {
  const families = new Map<string, CheckId[]>()
  for (const id of Object.keys(checks) as CheckId[]) {
    const family = id.slice(0, id.indexOf('.'))
    families.set(family, [...(families.get(family) ?? []), id])
  }
  const tables = [...families].map(([family, ids]) => {
    const rows = ids.map((id) => {
      const { severity, meaning, mends, deep } = checks[id]
      const when = deep ? ' Looked for with `--deep`.' : ''
      return `| \`${id}\` | ${severity} | ${cell(meaning)}${when} | ${cell(mends ?? '')} |`
    })
    return `## ${family}\n\n| check | severity | what it means | what \`--fix\` does |\n|---|---|---|---|\n${rows.join('\n')}`
  })
  return pages([doctorIntro, ...tables])
}

// ── docs/redaction.md ────────────────────────────────────────────────────────────────────────────

const redactionIntro = `# Redaction

Everything that stint writes of a session goes through one place that takes secrets out: transcript, description, name,
command line, branch, results, lock files. A secret becomes \`[REDACTED:rule]\`: the name, the quotes, the scheme, the user
and the host around it stay, and nothing tells how long it was. An entry counts what was taken out of it in
\`data.redactions\`; \`stint show\` gives the sum for the session. The terminal gets the tool's bytes as they are.

## What is found

- **Tokens of providers**, by the table below: an anchor and so many letters after it, for some with a check.
- **Private keys**: PEM, PGP, OpenSSH, PuTTY and OpenVPN, whole or cut off, over lines and over the strings of JSON, with
  numbers, file names or what a log or a language puts before and behind each line; their base64 without a frame, also over
  lines; the private half of a JSON Web Key; a secret key as an array of bytes.
- **Values under telling names**: \`NAME=value\`, \`name: "value"\`, JSON keys, \`{"name": …, "value": …}\`, \`["name","…"]\`,
  what stands below a name (\`name: { current: … }\`), quoted parts that are joined in a line, XML elements and
  attributes, CDATA among them, calls, YAML environments, flags (\`--token x\`), parameters of addresses. Also where the
  value stands in the next line: \`name: NAME\` and \`value: …\`, a block of YAML, a command over several lines, a heading, or
  a command that prints a secret (\`$ openssl rand -hex 32\`, \`$ pass show …\`, \`$ gh auth token\`, \`$ vault kv get -field=…\`,
  \`$ echo $API_KEY\`), also when an agent runs it. Passwords are known by their names in other languages
  (\`contraseña\`, \`пароль\`, \`密码\`), where they look like one.
- **Records of JSON** by what they say of their value: its name under any of the usual words (\`name\`, \`field\`, \`label\`,
  \`setting\`, \`envVar\`), \`"isSecret": true\`, \`"type": "concealed"\`, the \`key\` of an \`openai\`.
- **Sections and maps of many**: what stands under \`[tokens]\`, \`credentials:\`, \`"api_keys": {\`, whatever each is called, when
  it is random (or, under \`passwords\`, looks like one), and its name is not that of a user, an address or an id.
- **Files as programs print them**, behind numbers of lines (\`cat -n\`, the editors and tools of agents), names of files
  (\`grep -n\`), the marks of a diff or of a reply.
- **Lists** under a name of many: \`tokens: ["…", "…"]\` in JSON and in code, in one line or over lines, YAML's \`- …\`; there
  only random values and what looks like a password are taken. Recovery codes and PINs: \`backup_codes\`, \`SIM_PIN\`.
- **Values with other marks** between: \`name <- "…"\`, \`name ||= "…"\`, \`NAME ?= …\`, \`name[] = "…"\`, \`name：…\`,
  \`name = """…"""\`, \`{ "Name", "…" }\`, \`["--name", "…"]\`, \`<string name="name">…<\`, \`<add value="…" key="name">\`,
  \`"value": "…", "name": "name"\`, the parts of a form that is sent; compared ones (\`name == "…"\`,
  \`expect(name).toBe("…")\`) only where they are random.
- **Tables**: the rows below a header with a column like \`password\`, \`token\` or \`Secret access key\`: columns of blanks
  or tabs, CSV, Markdown, boxes; columns of names and values; and a name and its value in two cells. There only values
  with digits or marks are taken, and words where a column says whose they are. Likewise the rows of an SQL \`INSERT\`.
- **Secrets of Kubernetes**: every value in \`data\` and \`stringData\`, whatever its name, in YAML and JSON; not certificates
  (\`*.crt\`). Line by line, what stands before \`kind: Secret\` is taken where it is base64 of text or random.
- **Sentences**: \`token X is invalid\`, \`the token for staging is X\`, \`Incorrect API key provided: X\`, \`use the key X\`, when
  X is random; \`set the password to X\`, \`log in as ann with password X\`, when X has a digit; the line after a prompt such as
  \`Enter password:\`, and a random one after \`Copy this token now:\`; passphrases of several words in quotes (two are enough
  under \`passphrase\` and \`X_PASSWORD\`), a word and a number in quotes under \`jwtSecret\` and its like, and the words of a
  wallet after \`mnemonic\` or \`seed phrase\`.
- **Headers and addresses**: Authorization, Cookie, Set-Cookie, cookies as browsers and curl keep and print them,
  \`scheme://user:password@host\`, \`https://token@host\`.
- **Command lines and files** of programs with a form of their own: \`curl -u\`, \`mysql -p\`, \`sshpass -p\`,
  \`docker login -p\`, \`.netrc\`, \`.pgpass\`, SQL, hashes of passwords, and others.
- **What is known**: values of environment variables with telling names, and each token that a rule of high confidence
  has found, from then on. They are looked for plain, in JSON escapes, percent-encoded and in base64. They are kept in
  memory only, 2,000 at most, and none shorter than 8 characters.

JSON is decoded first, JSON within its strings too, and only literals that change are written again: everything else
keeps its bytes. Base64 that decodes to text is looked into and replaced whole. Terminal colours, characters that cannot
be seen, percent-encoding, \`\\u\` escapes and the quotes of HTML (\`&quot;\`) are seen through. Signatures of models,
encrypted reasoning and images stay as they are, by their place, unless a known value is in them. Placeholders stay:
\`$VAR\`, \`<token>\`, \`your-…\`, \`xxxx\`, \`***\`, and what was redacted.

A value that cannot be searched, because something throws or because it takes more than 2 s for each MiB, is written as
\`[REDACTED:error]\` and counted: nothing is ever kept because the search failed. Each part of a turn's result, and each of
its artifacts, is a value of its own.

\`redact --check\` names what it could not search, with exit status 1: a file of the session that cannot be opened, is no
regular file, or is damaged. \`redact --fix\` says the same of what it had to leave.

## What is not found

Encrypted or compressed text, hex, screenshots, secrets spelt out in words, passwords that look like words and stand
without a name, tokens of providers without a shape of their own when no name is near, and halves of a token that was
wrapped by hand at less than 16 characters. In text, not in JSON, a name that is only \`key\` says too little, whatever
stands above it, and a record whose name and value stand in two lines is read only in the forms above. Files that a tool
writes itself are its own, and the project's path is kept as it is: in the name of the store's directory and in
\`project.toml\`. Redaction makes an accident smaller; the store is readable by its owner only.

What \`doctor --fix\` replaced lies in the store's \`quarantine/\` as it was: neither \`redact --check\` nor \`redact --fix\`
looks there, and no clean-up empties it. It is the last copy of what could not be understood, and a secret may be in it:
look at it, and remove it yourself.

## Settings

These are in \`config.toml\` alone: they have no variables, and no file of a project can change them.

\`\`\`toml
[redaction]
enabled = true                 # false: every run says that it is off
env = ["DEPLOY_PIN"]           # variables whose values are secrets, whatever their names
allow = ["not-a-secret-1234"]  # texts that are never taken out

[[redaction.rules]]            # tokens of your own
id = "acme-key"
prefix = "acme_"
charset = "alnum"              # the default; word (and _), dash (_ and -), hex, upper
min = 24                       # characters after the prefix
max = 64                       # 4096 unless said
\`\`\`

A rule that cannot be is refused (\`CONFIG_INVALID\`) before anything is written.

## How to add a rule

A rule is one line in \`lib/redact/rules.ts\`: id, anchors, letters, lengths, and where the shape allows one a check of
\`lib/redact/checks.ts\`. It comes from what the provider publishes. It needs a sample in \`spec/redact/samples.ts\`,
put together there so that no scanner takes it for a real one; the tests try it in every surrounding, and also what only
resembles it. A rule with a short anchor is \`weak\`: it is not looked for within base64, and its finds are not looked
for elsewhere.

## Rules that go by names and places

| rule | what |
|---|---|
| \`password\`, \`secret\`, \`parameter\` | a value under a name, a flag, a parameter of an address |
| \`code\` | recovery codes and PINs |
| \`phrase\` | the words of a wallet |
| \`password-hash\` | bcrypt, crypt, argon2, apr1, pbkdf2, scrypt, SCRAM |
| \`authorization\`, \`cookie\` | headers |
| \`url-password\` | the password of an address |
| \`private-key\` | key material |
| \`known-value\` | the value of an environment variable |
| \`error\` | what could not be searched |`

function redactionText(): string {
  const shown = (rule: Rule) => rule.anchors.map((anchor) => `\`${cell(anchor)}\``).join(' ')
  const lengths = ({ min, max }: Rule) => (min === max ? `${min}` : `${min} to ${max}`)
  const rows = rules.map(
    (rule) =>
      `| ${rule.id} | ${shown(rule)} | ${rule.charset} | ${lengths(rule)} | ${rule.confidence} |`,
  )
  const letters = Object.entries(charsets)
    .map(([name, { source }]) => `${name} \`${source.slice(0, -1)}\``)
    .join(', ')
  return pages([
    redactionIntro,
    `## Tokens of providers\n\n${wrap(`The letters are ${letters}.`)}\n\n| rule | begins with, or holds | letters | how many | confidence |\n|---|---|---|---|---|\n${rows.join('\n')}`,
  ])
}

// ── text ─────────────────────────────────────────────────────────────────────────────────────────

/** As the formatter of this project lays it out: it looks at documents, too. */
function formatted(text: string): string {
  return execFileSync(
    join(root, 'node_modules/.bin/biome'),
    ['format', '--stdin-file-path=docs/printed.md'],
    { cwd: root, input: text, encoding: 'utf8' },
  )
}

function pages(parts: readonly string[]): string {
  return `${parts.join('\n\n')}\n`
}

/** Words in lines of at most 120 columns; code in backquotes is not torn. */
function wrap(text: string): string {
  const lines: string[] = []
  let line = ''
  for (const [word] of text.matchAll(/(?:`[^`]*`|[^\s`])+/g)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line += line === '' ? word : ` ${word}`
    }
  }
  return [...lines, line].join('\n')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}

// ── the documents' own commands ──────────────────────────────────────────────────────────────────

interface Shown {
  readonly file: string
  readonly words: readonly string[]
}

const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
  .filter((file) => file.endsWith('.md') && existsSync(join(root, file)))
  .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }))

/** The commands of all code blocks; in a block of a session at a terminal, those behind a prompt. */
function shownCommands(): Shown[] {
  return documents.flatMap(({ file, text }) =>
    [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, kind, body = '']) => {
      const lines = body.replaceAll('\\\n', ' ').split('\n')
      const typed =
        kind === 'console'
          ? lines.filter((line) => line.startsWith('$ ')).map((line) => line.slice(2))
          : lines
      return typed.flatMap(stintsIn).map((words) => ({ file, words }))
    }),
  )
}

/** What follows `stint` in each simple command of a shell's line. */
function stintsIn(line: string): string[][] {
  const commands: string[][] = [[]]
  const token =
    /\s+|(?<comment>(?<=^|\s)#.*)|(?<end>\|\||&&|[|;&()])|(?:"[^"]*"|'[^']*'|[^\s"'|;&()])+/g
  for (const { 0: word, groups: found } of line.matchAll(token)) {
    if (found?.end !== undefined) commands.push([])
    else if (found?.comment === undefined && word.trim() !== '') {
      commands.at(-1)?.push(word.replace(/"([^"]*)"|'([^']*)'/g, '$1$2'))
    }
  }
  return commands
    .map((words) => {
      const start = words.findIndex((word) => !/^\w+=/.test(word))
      const redirected = words.findIndex((word) => /^\d?[<>]/.test(word))
      return words.slice(Math.max(0, start), redirected < 0 ? undefined : redirected)
    })
    .filter(([program]) => program === 'stint')
    .map((words) => words.slice(1))
}

function check([name = '', ...words]: readonly string[]): void {
  if (['--help', '-h', '--version', '-V'].includes(name)) return
  const called = name === 'help' ? words[0] : name
  if (called === undefined) return
  const verb = Object.hasOwn(verbs, called) ? verbs[called] : undefined
  if (verb === undefined) throw new Error(`no verb ${called}`)
  if (name !== 'help') parseArgs(verb, words, 0)
}

describe('docs/redaction.md', () => {
  test('is what the rules say', async () => {
    await expect(formatted(redactionText())).toMatchFileSnapshot('../docs/redaction.md')
  })
})

describe('docs/doctor.md', () => {
  test('is what the table of checks says', async () => {
    await expect(formatted(doctorText())).toMatchFileSnapshot('../docs/doctor.md')
  })
})

describe('docs/cli.md', () => {
  test('is what the verbs say', async () => {
    await expect(formatted(cliText())).toMatchFileSnapshot('../docs/cli.md')
  })

  test('tells each setting by a variable that sets it', () => {
    for (const { key, value } of variableRows({})) {
      const rows = variableRows({ [variableOf(key)]: value })
      expect(rows.find((row) => row.key === key)).toMatchObject({ origin: 'environment' })
    }
  })

  test('names every variable of the sources', () => {
    // Of the build, and of the shell that a tool starts behind.
    const inner = ['STINT_VERSION', 'STINT_GATE']
    const found = sources.flatMap(({ text }) => [...text.matchAll(/\bSTINT_[A-Z_]*[A-Z]/g)])
    const names = new Set(found.map(([name]) => name).filter((name) => !inner.includes(name)))
    expect(names.size).toBeGreaterThan(10)
    const text = cliText()
    expect([...names].filter((name) => !text.includes(`\`${name}\``))).toEqual([])
  })
})

describe('docs/failures.md', () => {
  test('is what the table of codes says', async () => {
    await expect(formatted(failuresText())).toMatchFileSnapshot('../docs/failures.md')
  })

  test('has a sample for every code', () => {
    const codes = listFailureCodes().map(({ code }) => code)
    expect(Object.keys(failureSamples).sort()).toEqual(codes.sort())
  })
})

describe('stintsIn', () => {
  test.each([
    ['stint list', [['list']]],
    ['A=1 stint show @last --json | jq .state', [['show', '@last', '--json']]],
    ["stint run -- sh -c 'a; b' 2>log", [['run', '--', 'sh', '-c', 'a; b']]],
    [
      'cd x && stint wait x || stint kill x # stint nothing',
      [
        ['wait', 'x'],
        ['kill', 'x'],
      ],
    ],
    ['echo stint list', []],
  ])('finds the commands in %s', (line, commands) => {
    expect(stintsIn(line)).toEqual(commands)
  })
})

describe('the documents', () => {
  test('show commands at all', () => {
    expect(shownCommands().length).toBeGreaterThan(20)
  })

  test('show only commands that parse', () => {
    const wrong = shownCommands().flatMap(({ file, words }) => {
      try {
        check(words)
        return []
      } catch (error) {
        return [`${file}: stint ${words.join(' ')}: ${(error as Error).message}`]
      }
    })
    expect(wrong).toEqual([])
  })

  test('name only verbs and options that there are', () => {
    const wrong = documents.flatMap(({ file, text }) =>
      [...text.matchAll(/`stint ([a-z][a-z-]*)([^`]*)`/g)].flatMap(
        ([shown, name = '', rest = '']) => {
          const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined
          if (verb === undefined) return name === 'help' ? [] : [`${file}: ${shown}`]
          const options = optionsOf(verb).map((option) => `--${option.name}`)
          const own = rest.split(' -- ')[0] ?? ''
          const names = [...own.matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option)
          return names.every((option) => options.includes(option)) ? [] : [`${file}: ${shown}`]
        },
      ),
    )
    expect(wrong).toEqual([])
  })

  test('lead to files that are there', () => {
    const wrong = documents.flatMap(({ file, text }) =>
      [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => join(root, file, '..', target))
        .filter((target) => !existsSync(target))
        .map((target) => `${file}: ${target}`),
    )
    expect(wrong).toEqual([])
  })
})
