/** Snippets that let cron or systemd run gc, with the flags that were given. */

import { type Env, Failure, readConfig } from '../lib/index.ts'
import type { Invocation, Option, Value } from './command.ts'
import { homeOf, pathOf } from './session.ts'

interface Surroundings {
  readonly env: Env
  readonly cwd: string
}

/** What names the store and the settings; a job has none of it in its environment. */
const inherited = ['STINT_HOME', 'XDG_STATE_HOME', 'XDG_CONFIG_HOME']

/** A line for crontab(5). Throws USAGE where it would be two: the second is a job of its own. */
export function cronText(invocation: Invocation, surroundings: Surroundings): string {
  const words = [...variables(surroundings), ...command(invocation, surroundings.cwd)].map(
    quoteShell,
  )
  // A percent sign ends the command there.
  const line = words.join(' ').replaceAll('%', '\\%')
  if (/[\r\n]/.test(line)) {
    throw new Failure('USAGE', { problem: 'a crontab cannot hold a path with a line break in it' })
  }
  return `# Add with \`crontab -e\`. It is silent when there was nothing to do.\n17 3 * * * ${line}\n`
}

/** A service and a timer for systemd. */
export function systemdText(invocation: Invocation, surroundings: Surroundings): string {
  const settings = variables(surroundings).map((word) => `Environment=${quoteUnit(word)}\n`)
  return `# ~/.config/systemd/user/stint-gc.service
[Unit]
Description=Clean up sessions of stint

[Service]
Type=oneshot
${settings.join('')}ExecStart=${command(invocation, surroundings.cwd).map(quoteCommand).join(' ')}
Nice=10
IOSchedulingClass=idle

# ~/.config/systemd/user/stint-gc.timer
[Unit]
Description=Clean up sessions of stint every day

[Timer]
OnCalendar=daily
RandomizedDelaySec=1h
Persistent=true

[Install]
WantedBy=timers.target

# systemctl --user daemon-reload && systemctl --user enable --now stint-gc.timer
`
}

function variables({ env, cwd }: Surroundings): string[] {
  const { rows } = readConfig(env, homeOf({ env }))
  const rules = rows.filter(({ key, origin }) => key.startsWith('gc.') && origin === 'environment')
  return [...inherited, ...rules.map(({ source }) => String(source))].flatMap((name) => {
    const value = env[name]
    if (!value) return []
    return [`${name}=${name === 'STINT_HOME' ? pathOf({ cwd }, value) : value}`]
  })
}

/** The program by its paths, since a job has next to no PATH, and the flags. */
function command(invocation: Invocation, cwd: string): string[] {
  const flags = invocation.options
    .filter(({ name }) => !name.startsWith('print-'))
    .flatMap((option) =>
      (invocation.values.get(option.name) ?? []).map((value) =>
        flagText(option, paths.includes(option.name) ? pathOf({ cwd }, String(value)) : value),
      ),
    )
  // A job starts in the home directory: without its path this project would not be meant.
  const isPlaced = places.some((name) => invocation.values.has(name))
  const here = isPlaced ? [] : [`--project=${pathOf({ cwd }, cwd)}`]
  return [process.execPath, process.argv[1] ?? 'stint', invocation.verb.name, ...here, ...flags]
}

const places = ['project', 'store', 'all-projects']
const paths = ['project', 'store', 'archive', 'plan', 'apply']

function flagText({ name, kind }: Option, value: Value): string {
  if (value === true) return `--${name}`
  return `--${name}=${kind === 'duration' ? unitText(Number(value)) : value}`
}

/** A duration in the greatest unit that has it whole. */
function unitText(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1000],
  ] as const
  const [unit, size] = units.find(([, size]) => ms % size === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}

/** For any shell: what reads `$'…'` is not everywhere. */
function quoteShell(word: string): string {
  const assigned = /^([A-Z_]+=)(.*)$/s.exec(word)
  if (assigned !== null) return `${assigned[1]}${quoteShell(assigned[2] ?? '')}`
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

function quoteUnit(word: string): string {
  const safe = word.replaceAll('%', '%%')
  const quoted = () => safe.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')
  return /^[\w@%+=:,./$-]+$/.test(safe) ? safe : `"${quoted()}"`
}

/** In a command line a dollar sign stands for a variable, too. */
function quoteCommand(word: string): string {
  return quoteUnit(word.replaceAll('$', '$$$$'))
}
