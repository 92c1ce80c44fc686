import { execFileSync } from 'node:child_process'
import fs, {
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { findRepository, readHead } from '../../lib/os/git.ts'
import { makeDir } from '../support/place.ts'

function git(cwd: string, ...args: string[]): string {
  const env = {
    PATH: process.env.PATH,
    HOME: cwd,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'a',
    GIT_AUTHOR_EMAIL: 'a@example.org',
    GIT_COMMITTER_NAME: 'a',
    GIT_COMMITTER_EMAIL: 'a@example.org',
  }
  const settings = ['-c', 'protocol.file.allow=always', '-c', 'init.defaultBranch=trunk']
  return execFileSync('git', ['-C', cwd, ...settings, ...args], {
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim()
}

function makeRepository(dir = makeDir()): string {
  git(dir, 'init', '-q')
  git(dir, 'commit', '-q', '--allow-empty', '-m', 'first')
  return dir
}

/** What git itself says of a directory in a repository. */
function asGitSays(cwd: string): { gitDir: string; commonDir: string; head: string } {
  const path = (flag: string) => realpathSync(git(cwd, 'rev-parse', '--path-format=absolute', flag))
  return {
    gitDir: path('--git-dir'),
    commonDir: path('--git-common-dir'),
    head: git(cwd, 'rev-parse', 'HEAD'),
  }
}

function look(cwd: string, env: Record<string, string> = {}) {
  const repository = findRepository(cwd, env)
  if (repository === undefined) throw new Error('no repository')
  return { ...repository, ...readHead(repository) }
}

describe('findRepository and readHead', () => {
  it('find a plain repository from its root and from any directory in it', () => {
    const dir = makeRepository()
    mkdirSync(`${dir}/a/b`, { recursive: true })
    const expected = { ...asGitSays(dir), mainWorktree: dir, branch: 'trunk' }
    for (const cwd of [dir, `${dir}/a/b`, `${dir}/.git`, `${dir}/.git/refs`]) {
      expect(look(cwd)).toEqual(expected)
    }
  })

  it('find the innermost of two repositories', () => {
    const dir = makeRepository()
    mkdirSync(`${dir}/inner`)
    makeRepository(`${dir}/inner`)
    expect(look(`${dir}/inner`).mainWorktree).toBe(`${dir}/inner`)
  })

  it('find the main worktree from a linked one, whose branch is its own', () => {
    const dir = makeRepository()
    git(dir, 'worktree', 'add', '-q', '-b', 'feat/x', `${dir}-linked`)
    git(`${dir}-linked`, 'commit', '-q', '--allow-empty', '-m', 'second')
    mkdirSync(`${dir}-linked/sub`)
    expect(look(`${dir}-linked/sub`)).toEqual({
      ...asGitSays(`${dir}-linked`),
      mainWorktree: dir,
      branch: 'feat/x',
    })
    expect(look(dir).branch).toBe('trunk')
    rmSync(`${dir}-linked`, { recursive: true })
  })

  it("take a submodule's own worktree, and that of a worktree of it", () => {
    const dir = makeDir()
    mkdirSync(`${dir}/library`)
    mkdirSync(`${dir}/main`)
    makeRepository(`${dir}/library`)
    makeRepository(`${dir}/main`)
    git(`${dir}/main`, 'submodule', 'add', '-q', `${dir}/library`, 'deps/sub')
    const sub = `${dir}/main/deps/sub`
    expect(look(sub)).toEqual({ ...asGitSays(sub), mainWorktree: sub, branch: 'trunk' })
    git(sub, 'worktree', 'add', '-q', '-b', 'other', `${dir}/linked`)
    expect(look(`${dir}/linked`)).toEqual({
      ...asGitSays(`${dir}/linked`),
      mainWorktree: sub,
      branch: 'other',
    })
  })

  it('take the common directory of a bare repository, also from a worktree of it', () => {
    const dir = makeRepository()
    git(dir, 'clone', '-q', '--bare', dir, `${dir}/bare.git`)
    const bare = `${dir}/bare.git`
    expect(look(bare)).toEqual({ ...asGitSays(bare), mainWorktree: bare, branch: 'trunk' })
    git(bare, 'worktree', 'add', '-q', '-b', 'w', `${dir}/w`)
    expect(look(`${dir}/w`)).toEqual({ ...asGitSays(`${dir}/w`), mainWorktree: bare, branch: 'w' })
  })

  it('take the worktree of a repository whose git directory lies elsewhere', () => {
    const dir = makeDir()
    mkdirSync(`${dir}/tree`)
    git(dir, 'init', '-q', `--separate-git-dir=${dir}/elsewhere`, `${dir}/tree`)
    git(`${dir}/tree`, 'commit', '-q', '--allow-empty', '-m', 'first')
    mkdirSync(`${dir}/tree/sub`)
    expect(look(`${dir}/tree/sub`)).toEqual({
      ...asGitSays(`${dir}/tree`),
      mainWorktree: `${dir}/tree`,
      branch: 'trunk',
    })
  })

  it('follow a .git that is a link', () => {
    const dir = makeRepository()
    mkdirSync(`${dir}/tree`)
    symlinkSync('../.git', `${dir}/tree/.git`)
    expect(look(`${dir}/tree`).gitDir).toBe(`${dir}/.git`)
    const again = makeDir()
    writeFileSync(`${dir}/gitfile`, `gitdir: ${dir}/.git\n`)
    symlinkSync(`${dir}/gitfile`, `${again}/.git`)
    expect(look(again)).toMatchObject(asGitSays(again))
  })

  it('go by GIT_DIR, absolute or not', () => {
    const dir = makeRepository()
    const outside = makeDir()
    const expected = { ...asGitSays(dir), mainWorktree: dir, branch: 'trunk' }
    expect(look(outside, { GIT_DIR: `${dir}/.git` })).toEqual(expected)
    expect(look(dir, { GIT_DIR: '.git' })).toEqual(expected)
    expect(findRepository(dir, { GIT_DIR: `${dir}/none` })).toBeUndefined()
    expect(look(dir, { GIT_DIR: '' })).toEqual(expected)
  })

  it('tell the commit of a detached HEAD, and no branch', () => {
    const dir = makeRepository()
    git(dir, 'checkout', '-q', '--detach')
    expect(look(dir)).toEqual({ ...asGitSays(dir), mainWorktree: dir })
  })

  it('tell the branch and no commit before the first one', () => {
    const dir = makeDir()
    git(dir, 'init', '-q')
    const repository = findRepository(dir, {})
    expect(repository && readHead(repository)).toEqual({ branch: 'trunk' })
  })

  it('find packed refs, and loose ones before them', () => {
    const dir = makeRepository()
    git(dir, 'tag', '-a', '-m', 'tag', 'trunk-tag')
    git(dir, 'branch', 'x/trunk')
    git(dir, 'pack-refs', '--all', '--prune')
    expect(look(dir).head).toBe(asGitSays(dir).head)
    git(dir, 'worktree', 'add', '-q', `${dir}/w`, 'x/trunk')
    expect(look(`${dir}/w`)).toMatchObject({ ...asGitSays(`${dir}/w`), branch: 'x/trunk' })
    git(dir, 'commit', '-q', '--allow-empty', '-m', 'second')
    expect(look(dir).head).toBe(asGitSays(dir).head)
  })

  it('know the branch where packed refs are too many to be read', () => {
    const dir = makeRepository()
    git(dir, 'pack-refs', '--all', '--prune')
    const packed = `${dir}/.git/packed-refs`
    writeFileSync(packed, `#${' '.repeat(17 * 1024 * 1024)}\n${readFileSync(packed, 'utf8')}`)
    expect(look(dir)).toMatchObject({ branch: 'trunk' })
    expect(look(dir).head).toBeUndefined()
  })

  it('find no repository where there is none', () => {
    const dir = makeDir()
    expect(findRepository(dir, {})).toBeUndefined()
    mkdirSync(`${dir}/.git`)
    expect(findRepository(dir, {})).toBeUndefined()
    writeFileSync(`${dir}/HEAD`, 'ref: refs/heads/x\n')
    expect(findRepository(dir, {})).toBeUndefined()
    const loop = makeDir()
    symlinkSync('.git', `${loop}/.git`)
    expect(findRepository(loop, {})).toBeUndefined()
    const { lstatSync } = fs
    const lstat = vi.spyOn(fs, 'lstatSync').mockImplementation((path, options) => {
      if (!String(path).endsWith('/.git/HEAD')) return lstatSync(path, options)
      throw Object.assign(new Error(), { code: 'EACCES' })
    })
    expect(findRepository(dir, {})).toBeUndefined()
    lstat.mockRestore()
  })

  it('find none through a .git file that is broken or points nowhere', () => {
    const dir = makeDir()
    symlinkSync('loop', `${dir}/loop`)
    const targets = ['', `${dir}/none`, 'a\0b', 'loop', 'x'.repeat(5000)]
    for (const text of ['', 'nonsense', '\0\0', ...targets.map((target) => `gitdir: ${target}`)]) {
      writeFileSync(`${dir}/.git`, text)
      expect(findRepository(dir, {})).toBeUndefined()
    }
  })

  it.each(['', 'ref: ', 'ref: refs/heads/../../x', 'ref: refs/heads/.invalid', 'zz', '\0'])(
    'make nothing of the HEAD %j',
    (text) => {
      const dir = makeRepository()
      writeFileSync(`${dir}/.git/HEAD`, text)
      const repository = findRepository(dir, {})
      expect(repository && readHead(repository)).toEqual({})
    },
  )
})
