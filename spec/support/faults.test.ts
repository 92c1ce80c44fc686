/** The faults and the replay, tried on small programs. */

import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { makeDir } from './place.ts'
import { callsOf, countCalls, type ReplayOptions, replay } from './power-cut.ts'

const preload = fileURLToPath(new URL('faults.mjs', import.meta.url))
const writeFileAtomic = createRequire(import.meta.url).resolve('write-file-atomic')

/** Every kind of change, by synchronous calls of a CommonJS program. */
const plainProgram = `
  const fs = require('node:fs')
  const { join } = require('node:path')
  const root = process.argv[2]
  const at = (name) => join(root, name)
  fs.mkdirSync(at('a/b'), { recursive: true })
  fs.mkdirSync(at('a/b'), { recursive: true })
  fs.writeFileSync(at('a/text'), 'some text')
  fs.appendFileSync(at('a/text'), ', and more', { flush: true })
  fs.writeFileSync(at('a/text'), Buffer.from('other'), { flag: 'r+', mode: 0o600 })
  require(${JSON.stringify(writeFileAtomic)}).sync(at('a/state'), 'one')
  require(${JSON.stringify(writeFileAtomic)}).sync(at('a/state'), 'two')
  const fd = fs.openSync(at('a/fd'), 'w+')
  fs.writeSync(fd, 'abcdef')
  fs.writeSync(fd, Buffer.from('-XY-'), 1, 2, 2)
  fs.readSync(fd, Buffer.alloc(2), 0, 2, null)
  fs.writevSync(fd, [Buffer.from('12'), Buffer.from('34')])
  fs.ftruncateSync(fd, 9)
  fs.fchmodSync(fd, 0o640)
  fs.fdatasyncSync(fd)
  fs.closeSync(fd)
  fs.truncateSync(at('a/fd'), 8)
  fs.linkSync(at('a/fd'), at('a/twin'))
  fs.symlinkSync('fd', at('a/arrow'))
  fs.copyFileSync(at('a/arrow'), at('a/b/copy'))
  fs.copyFileSync(at('a/state'), at('a/b/copy'))
  fs.renameSync(at('a/b'), at('moved'))
  fs.appendFileSync(at('moved/copy'), '!')
  fs.utimesSync(at('moved/copy'), 1, 2)
  fs.chmodSync(at('moved'), 0o700)
  fs.unlinkSync(at('a/twin'))
  try { fs.unlinkSync(at('a/twin')) } catch {}
  fs.rmSync(at('moved'), { recursive: true, force: true })
  fs.mkdirSync(at('empty'))
  fs.rmdirSync(at('empty'))
`

/** The same by promises, callbacks and streams of an ES module. */
const modernProgram = `
  import { createWriteStream, mkdir, write, writeFile } from 'node:fs'
  import fs, { open } from 'node:fs/promises'
  import { once } from 'node:events'
  import { join } from 'node:path'
  import { promisify } from 'node:util'
  const root = process.argv[2]
  const at = (name) => join(root, name)
  await promisify(mkdir)(at('a'))
  await promisify(writeFile)(at('a/called'), 'by callback')
  await Promise.all([fs.writeFile(at('a/one'), 'one'), fs.writeFile(at('a/two'), 'two')])
  await fs.writeFile(at('a/pieces'), ['pi', 'ec', 'es'])
  await fs.appendFile(at('a/one'), ', one', { flush: true })
  const handle = await open(at('a/handle'), 'a+')
  await handle.write('abc')
  await handle.appendFile('def')
  await promisify(write)(handle.fd, Buffer.from('ghi'))
  await handle.writev([Buffer.from('j'), Buffer.from('k')])
  await handle.truncate(10)
  await handle.chmod(0o640)
  await handle.utimes(1, 2)
  await handle.datasync()
  await handle.sync()
  await handle.close()
  const file = createWriteStream(at('a/stream'))
  file.write('streamed ')
  file.end('text')
  await once(file, 'close')
  const again = (await open(at('a/stream'), 'r+')).createWriteStream({ start: 4 })
  again.end('E')
  await once(again, 'close')
  await fs.rename(at('a/two'), at('two'))
  await fs.copyFile(at('two'), at('a/three'))
  await fs.rm(at('two'))
`

interface Faults {
  readonly at?: number
  readonly do?: string
  readonly onward?: boolean
  readonly partial?: boolean
  readonly from?: string
}

/** A place for one program and the trees it is run in. */
function makeBench(source: string, format: 'cjs' | 'mjs' = 'cjs') {
  const dir = makeDir()
  const program = join(dir, `program.${format}`)
  fs.writeFileSync(program, source)
  let runs = 0
  const run = (faults: Faults = {}, setUp: (root: string) => void = () => {}) => {
    runs += 1
    const root = join(dir, `root-${runs}`)
    const log = join(dir, `log-${runs}`)
    fs.mkdirSync(root)
    setUp(root)
    const before = join(dir, `before-${runs}`)
    fs.cpSync(root, before, { recursive: true, verbatimSymlinks: true })
    const child = spawnSync(process.execPath, ['--require', preload, program, root], {
      encoding: 'utf8',
      env: { ...process.env, STINT_FAULTS: JSON.stringify({ root, log, ...faults }) },
    })
    let replays = 0
    const afterCut = (options: Partial<ReplayOptions> = {}) => {
      replays += 1
      const into = join(dir, `cut-${runs}-${replays}`)
      replay({ before, log, into, ...options })
      return treeOf(into)
    }
    return { root, dir, log, afterCut, ...child }
  }
  const runBare = () => {
    const root = join(dir, 'bare')
    fs.mkdirSync(root)
    expect(spawnSync(process.execPath, [program, root]).status).toBe(0)
    return root
  }
  return { run, runBare, dir }
}

const linksOf = (dir: string): number[] =>
  (fs.readdirSync(dir, { recursive: true }) as string[])
    .sort()
    .map((name) => fs.lstatSync(join(dir, name)).nlink)

/** Paths to contents; the temporary names of write-file-atomic are another in every process. */
function treeOf(dir: string): Record<string, string> {
  const tree: Record<string, string> = {}
  for (const name of (fs.readdirSync(dir, { recursive: true }) as string[]).sort()) {
    const path = join(dir, name)
    const stats = fs.lstatSync(path)
    const mode = (stats.mode & 0o777).toString(8)
    tree[name.replace(/\.\d{5,}$/, '.tmp')] = stats.isSymbolicLink()
      ? `to ${fs.readlinkSync(path)}`
      : stats.isDirectory()
        ? `${mode} directory`
        : `${mode} ${fs.readFileSync(path, 'latin1')}`
  }
  return tree
}

const programs = [
  { kind: 'synchronous calls', source: plainProgram, format: 'cjs' },
  { kind: 'promises, callbacks and streams', source: modernProgram, format: 'mjs' },
] as const

describe('the count', () => {
  for (const { kind, source, format } of programs) {
    it(`is the same in every run of a program with ${kind}`, () => {
      const bench = makeBench(source, format)
      const [first, second] = [bench.run(), bench.run()]
      expect(first.stderr).toBe('')
      expect(first.status).toBe(0)
      const summary = (log: string) =>
        callsOf(log).map(({ n, call, path }) => `${n} ${call} ${path.replace(/\.\d{5,}$/, '')}`)
      expect(summary(first.log)).toEqual(summary(second.log))
      expect(countCalls(first.log)).toBeGreaterThan(20)
    })
  }

  const wholes = {
    cjs: [
      ...['mkdir', 'open write', 'write fsync', 'write'],
      ...['open write fsync rename', 'open write fsync chown chmod rename'],
      ...['open write write writev ftruncate fchmod fdatasync', 'ftruncate link symlink'],
      ...['copyFile copyFile rename', 'write', 'utimes chmod unlink', 'unlink rmdir'],
      ...['mkdir rmdir'],
    ],
    mjs: [
      ...['mkdir', 'open write', 'open write open write', 'open write write write', 'write fsync'],
      ...['open write write write writev ftruncate fchmod futimes fdatasync fsync'],
      ...['open writev', 'write', 'rename copyFile unlink'],
    ],
  }
  for (const { kind, source, format } of programs) {
    it(`has every part of a program with ${kind} that changes something, and no other`, () => {
      const { log } = makeBench(source, format).run()
      const counted = callsOf(log).filter(({ n }) => n !== null)
      expect(counted.map(({ n }) => n)).toEqual(counted.map((_, index) => index + 1))
      expect(counted.map(({ call }) => call).join(' ')).toBe(wholes[format].join(' '))
    })

    it(`leaves a program with ${kind} to do what it does without`, () => {
      const { run, runBare } = makeBench(source, format)
      expect(treeOf(run().root)).toEqual(treeOf(runBare()))
    })
  }

  it('leaves out other directories and what fails for lack of a file', () => {
    const { run, dir } = makeBench(`
      const fs = require('node:fs')
      fs.writeFileSync(process.argv[2] + '-beside', 'not beneath')
      fs.readdirSync(process.argv[2])
      for (const call of ['unlinkSync', 'rmdirSync', 'rmSync']) {
        try { fs[call](process.argv[2] + '/missing') } catch (error) { console.log(error.message) }
      }
      for (const call of ['mkdirSync', 'writeFileSync']) {
        try { fs[call](process.argv[2] + '/missing/one', '7') } catch {}
      }
    `)
    const { log, stdout, root } = run()
    expect(countCalls(log)).toBe(0)
    expect(stdout.split('\n')).toContain(
      `ENOENT: no such file or directory, unlink '${root}/missing'`,
    )
    expect(fs.readdirSync(dir)).toContain('root-1-beside')
  })

  it('begins at the first call that names the wanted path', () => {
    const { log } = makeBench(plainProgram).run({ from: 'empty' })
    expect(callsOf(log).filter(({ n }) => n !== null)).toMatchObject([
      { n: 1, call: 'mkdir', path: 'empty' },
      { n: 2, call: 'rmdir', path: 'empty' },
    ])
  })

  it('is not passed on to child processes', () => {
    const { log, stdout } = makeBench(`
      const { execFileSync } = require('node:child_process')
      const write = 'fs.writeFileSync(process.argv[1], process.env.STINT_FAULTS ?? "none")'
      const file = process.argv[2] + '/file'
      execFileSync(process.execPath, [...process.execArgv, '-e', write, file])
      console.log(require('node:fs').readFileSync(file, 'utf8'))
    `).run({ at: 1, do: 'kill' })
    expect(stdout).toBe('none\n')
    expect(countCalls(log)).toBe(0)
  })
})

describe('kill', () => {
  for (const { kind, source, format } of programs) {
    it(`leaves what the calls before did, at each call of ${kind}`, () => {
      const bench = makeBench(source, format)
      const whole = bench.run()
      expect(whole.afterCut({ keeps: 'all' })).toEqual(treeOf(whole.root))
      for (let at = 1; at <= countCalls(whole.log); at += 1) {
        const killed = bench.run({ at, do: 'kill' })
        expect(killed.signal).toBe('SIGKILL')
        expect(countCalls(killed.log)).toBe(at - 1)
        expect(treeOf(killed.root)).toEqual(whole.afterCut({ upTo: at - 1, keeps: 'all' }))
      }
    })
  }
})

describe('torn', () => {
  const program = `
    const fs = require('node:fs')
    fs.writeFileSync(process.argv[2] + '/file', 'abcdefg')
    fs.writeFileSync(process.argv[2] + '/byte', 'x')
  `

  it('writes the first half and dies', () => {
    const { run } = makeBench(program)
    const torn = run({ at: 2, do: 'torn' })
    expect(torn.signal).toBe('SIGKILL')
    expect(fs.readFileSync(join(torn.root, 'file'), 'utf8')).toBe('abc')
    expect(torn.afterCut({ keeps: 'all' })).toEqual(treeOf(torn.root))
  })

  for (const { kind, source, format } of programs) {
    it(`leaves the first half of a write, at each call of ${kind}`, () => {
      const bench = makeBench(source, format)
      const whole = bench.run()
      const writes = callsOf(whole.log).filter(({ n, call }) => n !== null && /^write/.test(call))
      expect(writes.length).toBeGreaterThan(5)
      for (const { n } of writes) {
        const at = Number(n)
        const left = treeOf(bench.run({ at, do: 'torn' }).root)
        expect(left).toEqual(whole.afterCut({ upTo: at, keeps: 'all', torn: true }))
      }
    })
  }

  it('kills before a write of one byte, and before anything that is no write', () => {
    const { run } = makeBench(program)
    expect(treeOf(run({ at: 4, do: 'torn' }).root)).toEqual({
      file: '644 abcdefg',
      byte: '644 ',
    })
    expect(treeOf(run({ at: 1, do: 'torn' }).root)).toEqual({})
  })
})

describe('an errno', () => {
  const attempts = `
    const fs = require('node:fs')
    const at = (name) => process.argv[2] + '/' + name
    const attempt = (what, act) => {
      try { console.log(what, act() ?? 'ok') } catch (error) { console.log(what, error.code) }
    }
    const fd = fs.openSync(at('old'), 'r+')
    attempt('overwrite', () => fs.writeSync(fd, 'xxxx'))
    attempt('write', () => fs.writeSync(fd, 'xxxx'))
    attempt('create', () => fs.openSync(at('new'), 'w'))
    attempt('mkdir', () => fs.mkdirSync(at('dir')))
    attempt('link', () => fs.linkSync(at('old'), at('other')))
    attempt('symlink', () => fs.symlinkSync('old', at('arrow')))
    attempt('open', () => fs.closeSync(fs.openSync(at('old'), 'r+')))
    attempt('grow', () => fs.ftruncateSync(fd, 10))
    attempt('shrink', () => fs.ftruncateSync(fd, 2))
    attempt('sync', () => fs.fsyncSync(fd))
    attempt('rename', () => fs.renameSync(at('old'), at('older')))
    attempt('unlink', () => fs.unlinkSync(at('older')))
    attempt('close', () => fs.closeSync(fd))
  `
  const makeOld = (root: string): void => fs.writeFileSync(join(root, 'old'), 'old')
  const failuresOf = (stdout: string) => stdout.split('\n').filter((line) => / E[A-Z]+$/.test(line))

  it('comes once, as a system error of the call it strikes', () => {
    const { stdout, root, status } = makeBench(`
      const fs = require('node:fs')
      const file = process.argv[2] + '/file'
      fs.writeFileSync(file, 'text')
      try { fs.renameSync(file, file + '-2') } catch (error) {
        console.log(JSON.stringify({ ...error, text: error.message, own: error instanceof Error }))
      }
      fs.renameSync(file, file + '-2')
    `).run({ at: 3, do: 'EIO' })
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toEqual({
      errno: -5,
      code: 'EIO',
      syscall: 'rename',
      path: `${root}/file`,
      dest: `${root}/file-2`,
      text: `EIO: i/o error, rename '${root}/file' -> '${root}/file-2'`,
      own: true,
    })
    expect(Object.keys(treeOf(root))).toEqual(['file-2'])
  })

  it('has no path when it strikes a write', () => {
    const { stderr, log } = makeBench(
      `require('node:fs').writeFileSync(process.argv[2] + '/file', 'text')`,
    ).run({ at: 2, do: 'ENOSPC' })
    expect(stderr).toContain('Error: ENOSPC: no space left on device, write\n')
    expect(callsOf(log)).toMatchObject([
      { n: 1, call: 'open', path: 'file' },
      { n: 2, call: 'write', error: 'ENOSPC' },
      { n: null, call: 'close' },
    ])
  })

  it('reaches callbacks, promises and handles as well', () => {
    const { stdout } = makeBench(
      `
      import fs from 'node:fs'
      const file = process.argv[2] + '/file'
      const handle = await fs.promises.open(file, 'r+')
      const codes = [
        handle.write('text').then(() => 'ok', (error) => error.code),
        fs.promises.mkdir(process.argv[2] + '/dir').then(() => 'ok', (error) => error.code),
        new Promise((resolve) => fs.rename(file, file + 2, (error) => resolve(error?.code))),
        new Promise((resolve) => fs.open(file, 'w', (error) => resolve(error?.code))),
      ]
      console.log((await Promise.all(codes)).join(' '))
      `,
      'mjs',
    ).run({ at: 1, do: 'EIO', onward: true }, (root) => fs.writeFileSync(`${root}/file`, ''))
    expect(stdout).toBe('EIO EIO EIO EIO\n')
  })

  it('on a disk that stays full refuses what grows and lets the rest be', () => {
    const { stdout } = makeBench(attempts).run({ at: 2, do: 'ENOSPC', onward: true }, makeOld)
    expect(stdout).toMatch(/^overwrite 4\n/)
    expect(failuresOf(stdout)).toEqual(
      ['write', 'create', 'mkdir', 'link', 'symlink', 'grow'].map((what) => `${what} ENOSPC`),
    )
  })

  it('on a disk that stays broken refuses every change', () => {
    const { stdout } = makeBench(attempts).run({ at: 1, do: 'EIO', onward: true }, makeOld)
    // What the failed rename did not make is not there to be removed.
    expect(failuresOf(stdout)).toEqual([
      ...['overwrite', 'write', 'create', 'mkdir', 'link', 'symlink'].map((what) => `${what} EIO`),
      ...['grow', 'shrink', 'sync', 'rename'].map((what) => `${what} EIO`),
      'unlink ENOENT',
    ])
  })

  it('on a disk that stays read-only refuses to open for writing', () => {
    const { stdout } = makeBench(attempts).run({ at: 2, do: 'EROFS', onward: true }, makeOld)
    expect(failuresOf(stdout)).toContain('open EROFS')
  })

  it('on a disk that fills up takes half of one write and nothing more', () => {
    const { stdout, root, afterCut } = makeBench(attempts).run(
      { at: 1, do: 'ENOSPC', partial: true },
      (root) => {
        makeOld(root)
        fs.writeFileSync(join(root, 'older'), '')
      },
    )
    expect(stdout).toMatch(/^overwrite 2\nwrite ENOSPC\n/)
    expect(afterCut({ keeps: 'all' })).toEqual(treeOf(root))
  })

  it('shows that write-file-atomic puts a truncated file in place when it is given the data', () => {
    const { status, root } = makeBench(
      `require(${JSON.stringify(writeFileAtomic)}).sync(process.argv[2] + '/old', 'new text')`,
    ).run({ at: 2, do: 'ENOSPC', partial: true }, makeOld)
    expect(status).toBe(0)
    expect(treeOf(root)).toEqual({ old: '644 new ' })
  })

  it('refuses a plan that it could not carry out', () => {
    const { status, stderr } = makeBench('').run({ at: 1, do: 'ENOSUCH' })
    expect(status).not.toBe(0)
    expect(stderr).toContain('cannot do ENOSUCH')
  })

  it('refuses fs.cp into the root, which it would not count', () => {
    const { stderr } = makeBench(
      `require('node:fs').cpSync(__filename, process.argv[2] + '/copy')`,
    ).run()
    expect(stderr).toContain('does not count fs.cp')
  })
})

describe('replay', () => {
  const head = `
    const fs = require('node:fs')
    const at = (name) => process.argv[2] + '/' + name
    const sync = (name) => {
      const fd = fs.openSync(at(name), 'r')
      fs.fsyncSync(fd)
      fs.closeSync(fd)
    }
  `
  const setUp = (root: string): void => {
    fs.mkdirSync(join(root, 'old'))
    fs.mkdirSync(join(root, 'new'))
    fs.writeFileSync(join(root, 'old/file'), 'before')
    fs.symlinkSync('file', join(root, 'old/arrow'))
  }
  const untouched = {
    old: '755 directory',
    new: '755 directory',
    'old/file': '644 before',
    'old/arrow': 'to file',
  }
  const cut = (source: string) => makeBench(head + source).run({}, setUp)

  it('equals the real tree when everything was synced', () => {
    const { root, afterCut } = cut(`
      fs.mkdirSync(at('new/deep/er'), { recursive: true })
      fs.writeFileSync(at('new/deep/er/file'), 'text', { flush: true })
      fs.appendFileSync(at('old/arrow'), ', after', { flush: true })
      for (const name of ['new/deep/er', 'new/deep', 'new']) sync(name)
      fs.renameSync(at('new/deep'), at('old/deep'))
      fs.writeFileSync(at('old/deep/er/late'), 'text', { flush: true })
      fs.linkSync(at('old/file'), at('new/twin'))
      fs.unlinkSync(at('old/arrow'))
      for (const name of ['new', 'old', 'old/deep/er']) sync(name)
    `)
    expect(Object.keys(treeOf(root))).toContain('old/deep/er/late')
    expect(afterCut()).toEqual(treeOf(root))
    expect(afterCut({ tail: 'zeros' })).toEqual(treeOf(root))
  })

  it('tells by a digest whether two cuts leave the same', () => {
    const { root, log, dir } = cut(`
      fs.writeFileSync(at('old/file'), 'after!', { flush: true })
      fs.linkSync(at('old/file'), at('new/twin'))
      fs.chmodSync(at('old/file'), 0o600)
      sync('new')
    `)
    const before = root.replace('root-', 'before-')
    const count = countCalls(log)
    const trees = new Map<string, string>()
    for (const keeps of ['synced', 'names', 'newest', 'all'] as const) {
      for (let upTo = 0; upTo <= count; upTo++) {
        const into = join(dir, `${keeps}-${upTo}`)
        const digest = replay({ before, log, into, upTo, keeps })
        const tree = JSON.stringify([treeOf(into), linksOf(into)])
        expect(trees.get(digest) ?? tree).toBe(tree)
        trees.set(digest, tree)
      }
    }
    expect(new Set(trees.values()).size).toBe(trees.size)
    expect(trees.size).toBeLessThan(2 * count)
  })

  it('loses what was written after the last sync, or reads it as zeros', () => {
    const { afterCut } = cut(`
      const fd = fs.openSync(at('old/file'), 'a')
      fs.writeSync(fd, ', synced')
      fs.fdatasyncSync(fd)
      fs.writeSync(fd, ', lost')
      fs.closeSync(fd)
    `)
    expect(afterCut()).toEqual({ ...untouched, 'old/file': '644 before, synced' })
    expect(afterCut({ tail: 'zeros' })['old/file']).toBe(`644 before, synced${'\0'.repeat(6)}`)
    expect(afterCut({ keeps: 'all' })['old/file']).toBe('644 before, synced, lost')
  })

  it('keeps the old bytes of a file that was truncated and written anew without a sync', () => {
    const { afterCut } = cut(`fs.writeFileSync(at('old/file'), 'after')`)
    expect(afterCut()).toEqual(untouched)
    expect(afterCut({ tail: 'zeros' })['old/file']).toBe(`644 ${'\0'.repeat(5)}`)
  })

  it('loses a synced file whose directory was not synced', () => {
    const { afterCut } = cut(`fs.writeFileSync(at('new/file'), 'text', { flush: true })`)
    expect(afterCut()).toEqual(untouched)
  })

  it('shows a file empty when its directory was synced and it was not', () => {
    const { afterCut } = cut(`fs.writeFileSync(at('new/file'), 'text'); sync('new')`)
    expect(afterCut()).toEqual({ ...untouched, 'new/file': '644 ' })
  })

  it('loses a new directory with all that is in it while its parent was not synced', () => {
    const { afterCut } = cut(`
      fs.mkdirSync(at('new/dir'))
      fs.writeFileSync(at('new/dir/file'), 'text', { flush: true })
      sync('new/dir')
    `)
    expect(afterCut()).toEqual(untouched)
  })

  it('undoes a removal that was not synced', () => {
    const removal = `fs.rmSync(at('old'), { recursive: true })`
    expect(cut(removal).afterCut()).toEqual(untouched)
    expect(cut(`${removal}; sync('.')`).afterCut()).toEqual({ new: '755 directory' })
  })

  it('brings a rename to the disk once both directories were synced', () => {
    const moved = `fs.renameSync(at('old/file'), at('new/file'))`
    expect(cut(moved).afterCut()).toEqual(untouched)
    expect(cut(`${moved}; sync('old')`).afterCut()).toEqual(untouched)
    expect(cut(`${moved}; sync('new')`).afterCut()).toEqual(untouched)
    const { root, afterCut } = cut(`${moved}; sync('new'); sync('old')`)
    expect(afterCut()).toEqual(treeOf(root))
    expect(treeOf(root)).not.toHaveProperty('old/file')
  })

  it('can have names on the disk before the bytes that they lead to', () => {
    const { afterCut } = cut(`
      fs.writeFileSync(at('new/file'), 'after')
      fs.renameSync(at('new/file'), at('old/file'))
    `)
    expect(afterCut()).toEqual(untouched)
    expect(afterCut({ keeps: 'names' })).toEqual({ ...untouched, 'old/file': '644 ' })
    expect(afterCut({ keeps: 'names', tail: 'zeros' })['old/file']).toBe(`644 ${'\0'.repeat(5)}`)
  })

  it('can have the last change of a name on the disk before those that came first', () => {
    const { afterCut } = cut(`
      fs.writeFileSync(at('new/one'), 'synced', { flush: true })
      fs.renameSync(at('old/file'), at('new/two'))
      fs.renameSync(at('new/one'), at('old/one'))
    `)
    expect(afterCut({ keeps: 'newest' })).toEqual({ ...untouched, 'old/one': '644 synced' })
  })

  it('can be content with a sync of the target of a rename, as with a journal', () => {
    const made = `
      fs.mkdirSync(at('old/dir'))
      fs.writeFileSync(at('old/dir/file'), 'text', { flush: true })
      sync('old/dir')
      fs.renameSync(at('old/dir'), at('new/dir'))
    `
    expect(cut(`${made}; sync('old')`).afterCut({ renames: 'target' })).toEqual({
      ...untouched,
      'old/dir': '755 directory',
      'old/dir/file': '644 text',
    })
    const { root, afterCut } = cut(`${made}; sync('new')`)
    expect(afterCut()).toEqual(untouched)
    expect(afterCut({ renames: 'target' })).toEqual(treeOf(root))
    const both = cut(`${made}; sync('new'); sync('old')`)
    expect(both.afterCut({ renames: 'target' })).toEqual(treeOf(root))
  })

  it('brings changes of one name to the disk in their order', () => {
    const refilled = `
      fs.renameSync(at('old/file'), at('new/file'))
      fs.writeFileSync(at('old/file'), 'after', { flush: true })
      sync('old')
    `
    expect(cut(refilled).afterCut()).toEqual(untouched)
    expect(cut(`${refilled}; sync('new')`).afterCut()).toEqual({
      ...untouched,
      'old/file': '644 after',
      'new/file': '644 before',
    })
  })

  it('keeps the links of a file one file', () => {
    const { root, dir, afterCut } = cut(`
      fs.linkSync(at('old/file'), at('old/twin'))
      fs.renameSync(at('old/file'), at('old/twin'))
      const fd = fs.openSync(at('old/twin'), 'a')
      fs.writeSync(fd, ', after')
      fs.fsyncSync(fd)
      sync('old')
    `)
    expect(afterCut()).toEqual(treeOf(root))
    const both = ['file', 'twin'].map((name) => fs.statSync(join(dir, 'cut-1-1/old', name)).ino)
    expect(both[0]).toBe(both[1])
  })

  it.skipIf(!fs.existsSync('/proc/self/fdinfo'))('knows where a write after a read landed', () => {
    const { root, afterCut } = cut(`
      const fd = fs.openSync(at('old/file'), 'r+')
      fs.readSync(fd, Buffer.alloc(3))
      fs.writeSync(fd, 'XX')
      fs.fsyncSync(fd)
    `)
    expect(treeOf(root)['old/file']).toBe('644 befXXe')
    expect(afterCut()).toEqual(treeOf(root))
  })

  it('does not bring to the disk what was done after the sync', () => {
    const { afterCut } = cut(`
      fs.renameSync(at('old/file'), at('old/first'))
      sync('old')
      fs.renameSync(at('old/first'), at('old/second'))
    `)
    expect(Object.keys(afterCut()).sort()).toEqual(['new', 'old', 'old/arrow', 'old/first'])
  })

  it('shows that write-file-atomic leaves the old file until the directory is synced', () => {
    const replacement = `
      require(${JSON.stringify(writeFileAtomic)}).sync(at('old/file'), 'after')
    `
    expect(cut(replacement).afterCut()).toEqual(untouched)
    const synced = cut(`${replacement}; sync('old')`)
    expect(synced.afterCut()).toEqual({ ...untouched, 'old/file': '644 after' })
    for (let upTo = 0; upTo <= countCalls(synced.log); upTo += 1) {
      expect(synced.afterCut({ upTo })['old/file']).toMatch(/^644 (before|after)$/)
    }
  })

  it('stops after the call it is told', () => {
    const { log, afterCut } = cut(`
      fs.writeFileSync(at('new/file'), 'text', { flush: true })
      sync('new')
    `)
    expect(countCalls(log)).toBe(4)
    expect(afterCut({ upTo: 3 })).toEqual(untouched)
    expect(afterCut({ upTo: 4 })).toEqual({ ...untouched, 'new/file': '644 text' })
  })

  it('tells that another process changed the tree meanwhile', () => {
    const { afterCut } = cut(`
      require('node:child_process').execFileSync('mkdir', [at('theirs')])
      fs.writeFileSync(at('theirs/file'), 'text')
    `)
    expect(() => afterCut()).toThrow('theirs')
  })
})
