/**
 * Git notes through git itself.
 *
 * Nothing that a user or a repository sets may steer it: no hook runs, nothing is signed, and of the
 * GIT_ variables only those count that say where git's configuration is. Whether a directory of
 * somebody else is to be trusted stays git's own decision.
 */

import { sleep } from '../base/async.ts'
import type { Env } from '../base/env.ts'
import { Failure } from '../errors.ts'
import { errnoOf } from './disk.ts'

/** Where git is asked: any directory in the repository. */
export interface GitPlace {
  readonly dir: string
  readonly env: Env
}

/** A note as it stands in the repository. */
export interface GitNote {
  readonly commit: string
  readonly text: string
}

const settings = [
  'core.hooksPath=/dev/null',
  'core.fsmonitor=false',
  'safe.bareRepository=all',
  'fastimport.unpackLimit=100',
].flatMap((setting) => ['-c', setting])

/** How long a note is tried for while others change the same ref, in ms. */
const patience = 20_000

/** The commit that HEAD leads to, or undefined while there is none. Throws GIT_FAILED. */
export function findHeadCommit(place: GitPlace): string | undefined {
  return findCommit(place, 'HEAD')
}

/** Every note under a ref. Throws GIT_FAILED. */
export function listGitNotes(place: GitPlace, ref: string): GitNote[] {
  const listed = must(place, git(place, ['notes', `--ref=${ref}`, 'list']))
    .toString()
    .split('\n')
    .map((line) => line.split(' '))
    .filter((words): words is [string, string] => words.length === 2)
  const texts = readBlobs(
    place,
    listed.map(([blob]) => blob),
  )
  return listed.map(([, commit], index) => ({ commit, text: texts[index] ?? '' }))
}

/**
 * Changes the note of a commit. `change` gets the text of the note as it is, '' where there is none,
 * and is called again when another process changed the ref meanwhile: no change of theirs is lost.
 *
 * Throws GIT_FAILED with nothing changed.
 */
export async function changeGitNote(
  place: GitPlace,
  ref: string,
  commit: string,
  change: (text: string) => string,
  by: { readonly message: string; readonly at: number },
): Promise<void> {
  const deadline = performance.now() + patience
  for (;;) {
    // In this order: the text is never older than the commit that the new one builds on.
    const before = findCommit(place, ref)
    const text = change(findNote(place, ref, commit))
    const ran = git(
      place,
      ['fast-import', '--quiet', '--done'],
      importStream({ ref, before, commit, text, ...by }),
    )
    if (ran.status === 0) return
    const isRace = findCommit(place, ref) !== before || ran.stderr.includes('File exists')
    if (!isRace || performance.now() > deadline) throw failed(place, ran)
    // Contenders that lost together do not come back together.
    await sleep(Math.random() * 20)
  }
}

/**
 * One commit on the ref that changes one note. fast-import lays the tree out as git's notes are, and
 * moves the ref only if what it stands at is contained in the new commit, compared under its lock.
 */
function importStream(spec: {
  readonly ref: string
  readonly before: string | undefined
  readonly commit: string
  readonly text: string
  readonly message: string
  readonly at: number
}): string {
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`
  return [
    `commit ${spec.ref}\n`,
    `committer stint <stint@localhost> ${Math.floor(spec.at / 1000)} +0000\n`,
    data(spec.message),
    spec.before === undefined ? '' : `from ${spec.before}\n`,
    `N inline ${spec.commit}\n`,
    data(spec.text),
    'done\n',
  ].join('')
}

function findCommit(place: GitPlace, name: string): string | undefined {
  const ran = git(place, ['rev-parse', '--verify', '--quiet', `${name}^{commit}`])
  return ran.status === 1 ? undefined : must(place, ran).toString().trim()
}

function findNote(place: GitPlace, ref: string, commit: string): string {
  const ran = git(place, ['notes', `--ref=${ref}`, 'list', commit])
  if (ran.status === 1) return ''
  return readBlobs(place, [must(place, ran).toString().trim()])[0] ?? ''
}

/** The texts of blobs, in order; '' for one that is not there. */
function readBlobs(place: GitPlace, blobs: readonly string[]): string[] {
  if (blobs.length === 0) return []
  const out = must(place, git(place, ['cat-file', '--batch'], `${blobs.join('\n')}\n`))
  let at = 0
  return blobs.map(() => {
    const lf = out.indexOf(10, at)
    const size = / blob (\d+)$/.exec(out.toString('latin1', at, lf))?.[1]
    const start = lf + 1
    at = size === undefined ? start : start + Number(size) + 1
    return size === undefined ? '' : out.toString('utf8', start, at - 1)
  })
}

interface Ran {
  readonly status: number
  readonly stdout: Buffer
  readonly stderr: string
}

function git({ dir, env }: GitPlace, args: readonly string[], input = ''): Ran {
  const { spawnSync } = process.getBuiltinModule('node:child_process')
  const { status, stdout, stderr, error } = spawnSync('git', ['-C', dir, ...settings, ...args], {
    env: gitEnv(env),
    input,
    maxBuffer: Number.POSITIVE_INFINITY,
  })
  if (error !== undefined) {
    if (errnoOf(error) === 'ENOENT') {
      throw new Failure('PROGRAM_MISSING', { program: 'git' }, { cause: error })
    }
    throw new Failure('GIT_FAILED', { dir, problem: error.message }, { cause: error })
  }
  return { status: status ?? 128, stdout, stderr: stderr.toString() }
}

/** Without what points git elsewhere; its messages are to be read, and it asks nobody. */
function gitEnv(env: Env): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(
    ([name]) => !name.startsWith('GIT_') || name.startsWith('GIT_CONFIG_'),
  )
  const own = { LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_NO_LAZY_FETCH: '1' }
  return { ...Object.fromEntries(kept), ...own }
}

function must(place: GitPlace, ran: Ran): Buffer {
  if (ran.status !== 0) throw failed(place, ran)
  return ran.stdout
}

function failed({ dir }: GitPlace, { status, stderr }: Ran): Failure {
  const said = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const telling = said.find((line) => /^(fatal|error|warning): /.test(line)) ?? said[0]
  const problem = telling?.replace(/^(fatal|error|warning): /, '') ?? `git ended with ${status}`
  return new Failure('GIT_FAILED', { dir, problem })
}
