/** Other programs: where they are, and what they print. */

import { quietly } from '../errors.ts'
import * as disk from './disk.ts'

/**
 * Runs a program to its end and gives what it printed; no status when there is no such program, or PATH
 * has none of that name that this user may run. Throws what else keeps it from being run.
 */
export function runProgram(
  program: string,
  args: readonly string[],
): { readonly status: number | undefined; readonly stdout: string } {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const child = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const { error, status, stdout } = child
  if (error === undefined) return { status: status ?? 128, stdout }
  // The system says so, too, when it was only not let into one of PATH's directories.
  const isNowhere = disk.errnoOf(error) === 'EACCES' && !program.includes('/')
  if (isNowhere || disk.isMissing(error)) return { status: undefined, stdout: '' }
  throw disk.toFailure(error, program)
}

/** What a program prints on stdout, or undefined when it fails or takes longer than so many ms. */
export function askProgram(
  path: string,
  args: readonly string[],
  within: number,
): Promise<string | undefined> {
  const { execFile } = process.getBuiltinModule('node:child_process')
  return new Promise((resolve) => {
    const options = { timeout: within, killSignal: 'SIGKILL', encoding: 'utf8' } as const
    const child = execFile(path, args, options, (error, stdout) => {
      resolve(error === null ? stdout : undefined)
    })
    // Some wait for an open one.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end()
  })
}

/** Where a program is that a shell would run, or what keeps it from being run. */
export function findProgram(
  program: string,
  cwd: string,
  searchPath: string | undefined,
):
  | { readonly path: string }
  | { readonly problem: 'missing' | 'a directory' }
  | { readonly problem: 'permission denied'; readonly denied: string } {
  const candidates = program.includes('/')
    ? [program.startsWith('/') ? program : `${cwd}/${program}`]
    : (searchPath ?? '/usr/local/bin:/usr/bin:/bin')
        .split(':')
        .map(
          (dir) => `${dir.startsWith('/') ? dir : [cwd, dir].filter(Boolean).join('/')}/${program}`,
        )
  let problem: 'missing' | 'a directory' = 'missing'
  let denied: string | undefined
  for (const path of candidates) {
    // A directory of PATH that may not be searched holds no program for this user.
    const kind = quietly(() => findKind(path))
    if (kind === undefined) continue
    if (kind === 'directory') {
      if (program.includes('/')) problem = 'a directory'
    } else if (disk.isExecutable(path)) {
      return { path }
    } else {
      denied ??= path
    }
  }
  return denied === undefined ? { problem } : { problem: 'permission denied', denied }
}

function findKind(path: string): string | undefined {
  const real = disk.findRealPath(path)
  return real === undefined ? undefined : disk.findFacts(real)?.kind
}
