/** From the words of the command line to an exit status. */

import { Failure, shellWord } from '../lib/index.ts'
import { parseArgs } from './argv.ts'
import { isColored } from './color.ts'
import { flag, type Handler, type Verb } from './command.ts'
import { createContext, type Host } from './context.ts'
import { formatReport, prepareReports, reportOf } from './fail.ts'
import { nearestOf } from './nearest.ts'
import { tell } from './out.ts'
import { verbs as explained } from './verbs.ts'

const verbs: Readonly<Record<string, Verb>> = explained

/** What is loaded only when it is needed. */
export interface Parts {
  readonly command: (name: string) => { readonly handler: Handler }
  readonly help: () => typeof import('./help.ts')
}

/** As a program that died of SIGPIPE ends in a shell. */
const brokenPipe = 141

/** A command that lives longer than this, in ms, may see the program's files replaced by an update. */
const shortLife = 100

/** Carries out what the command line says; never rejects. */
export async function runProgram(host: Host, parts: Parts): Promise<number> {
  const [name, ...words] = host.argv
  const verb = findVerb(name)
  try {
    return await dispatch(host, parts, name, words)
  } catch (error) {
    // By its name: the file of a verb carries a class of its own.
    if (error instanceof Error && error.name === 'OutputClosed') return brokenPipe
    return printFailure(host, host.argv, error, verb)
  }
}

async function dispatch(
  host: Host,
  parts: Parts,
  name: string | undefined,
  words: readonly string[],
): Promise<number> {
  if (name === undefined) {
    host.write(2, shortHelp())
    return 2
  }
  if (name === '--version' || name === '-V') {
    host.write(1, parts.help().versionText())
    return 0
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    const topic = words.find((word) => !word.startsWith('-'))
    return showHelp(host, parts, topic === undefined ? undefined : needVerb(topic))
  }
  const verb = needVerb(name)
  const end = words.indexOf('--')
  const own = end < 0 ? words : words.slice(0, end)
  // Whoever asks for help gets it, whatever else is wrong with the line.
  if (own.includes('--help') || own.includes('-h')) return showHelp(host, parts, verb)
  const invocation = parseArgs(verb, words, host.now())
  if (flag(invocation, 'help')) return showHelp(host, parts, verb)
  const { handler } = parts.command(verb.handler ?? verb.name)
  const status = handler(invocation, createContext(host, invocation))
  // One that is over by now is spared the timer.
  const isOver = (await Promise.race([status, undefined])) !== undefined
  if (!isOver) setTimeout(prepare, shortLife).unref()
  return await status
}

/** Has what a failure says at hand, as long as it is there. */
function prepare(): void {
  try {
    prepareReports()
  } catch {
    // It is looked for again when there is a failure.
  }
}

function showHelp(host: Host, parts: Parts, verb: Verb | undefined): number {
  const color = isColored(undefined, host.env, () => host.isTerminal(1))
  host.write(1, parts.help().helpText(verb?.name, color))
  return 0
}

function findVerb(name: string | undefined): Verb | undefined {
  return name !== undefined && Object.hasOwn(verbs, name) ? verbs[name] : undefined
}

/** What other programs call what these verbs do: by their letters they would be taken for others. */
const others: Readonly<Record<string, string>> = {
  attach: 'logs',
  cancel: 'kill',
  cat: 'logs',
  continue: 'resume',
  exec: 'run',
  info: 'show',
  inspect: 'show',
  ls: 'list',
  mv: 'rename',
  prune: 'gc',
  restore: 'trash restore',
  rm: 'delete',
  start: 'run',
  status: 'list',
  stop: 'kill',
  tail: 'logs',
  top: 'ps',
  version: '--version',
}

function needVerb(name: string): Verb {
  const verb = findVerb(name)
  if (verb !== undefined) return verb
  if (name.startsWith('-')) {
    throw new Failure('USAGE', {
      problem: 'options stand after the verb',
      usage: 'stint <verb> [options]',
    })
  }
  const nearest = Object.hasOwn(others, name)
    ? others[name]
    : nearestOf(name, [...Object.keys(verbs), 'help'])
  throw new Failure('UNKNOWN_VERB', { verb: name, ...(nearest === undefined ? {} : { nearest }) })
}

function shortHelp(): string {
  const lines = Object.keys(verbs)
    .join(' ')
    .replace(/(.{1,78})(?: |$)/g, '  $1\n')
  return `usage: stint <verb> [options]

verbs:
${lines}
stint run -- <command>   runs a command in a new session
stint --help             says what each verb does
`
}

function printFailure(
  host: Host,
  words: readonly string[],
  error: unknown,
  verb: Verb | undefined,
): number {
  const report = reportOf(error, verb)
  // The line may be one that does not parse, so its words are looked at as they are.
  const end = words.indexOf('--')
  const own = end < 0 ? words : words.slice(0, end)
  const given = (name: string) => {
    const at = own.lastIndexOf(name)
    return at < 0
      ? own.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1)
      : own[at + 1]
  }
  const place = ['--project', '--store'].flatMap((name) => {
    const value = given(name)
    return value === undefined ? [] : [name, shellWord(value)]
  })
  if (own.includes('--all-projects')) place.push('--all-projects')
  const text = formatReport(report, {
    json: own.includes('--json'),
    color: isColored(given('--color'), host.env, () => host.isTerminal(2)),
    debug: host.env.STINT_DEBUG === '1',
    place,
  })
  tell(host.write, text)
  return report.status
}
