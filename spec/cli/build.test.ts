import { execFile, execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import vm from 'node:vm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compiledDir, readProgramFile } from '../../lib/os/program-files.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What the packages export of which something is asked. */
interface Exported {
  (text: string): unknown
  readonly monotonicFactory?: unknown
  readonly sync?: unknown
  readonly lock?: unknown
}

describe('build.mjs', () => {
  let dir = ''
  let out = ''

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'stint-build-'))
    // A build writes beside its directory, too.
    out = join(dir, 'cli')
    await promisify(execFile)(process.execPath, [join(root, 'cli/build.mjs'), out])
  }, 60_000)

  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  const stint = (...words: string[]) =>
    spawnSync(process.execPath, [join(out, 'stint.cjs'), ...words], { encoding: 'utf8' })

  it('makes a program that can be executed and knows its version', () => {
    expect(readFileSync(join(out, 'stint.cjs'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
    expect(statSync(join(out, 'stint.cjs')).mode & 0o111).toBe(0o111)
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    expect(execFileSync(join(out, 'stint.cjs'), ['--version'], { encoding: 'utf8' })).toContain(
      `stint/${version} `,
    )
  })

  it('answers a wrong line and a cry for help', () => {
    expect(stint('list', '--bogus')).toMatchObject({ status: 2, stdout: '' })
    expect(stint('run', '--help')).toMatchObject({ status: 0, stderr: '' })
  })

  it('leaves packages, help and what failures say to chunks of their own', () => {
    const main = readFileSync(join(out, 'main.cjs'), 'utf8')
    expect(main).not.toContain('vendor/')
    expect(main).not.toContain('GlobalCommand')
    // A sentence of help, and one of a failure.
    expect(main).not.toContain('Prints one line a session')
    expect(readFileSync(join(out, 'help.cjs'), 'utf8')).toContain('Prints one line a session')
    expect(readFileSync(join(out, '_fail.cjs'), 'utf8')).toContain('already something at the place')
    expect(readFileSync(join(out, 'is-alive.cjs'), 'utf8')).not.toContain(
      'already something at the place',
    )
    for (const name of ['write-file-atomic', 'proper-lockfile', 'toml-parse']) {
      expect(existsSync(join(out, 'vendor', `${name}.cjs`)), name).toBe(true)
    }
    const require = createRequire(import.meta.url)
    const load = (name: string) => {
      const module = { exports: {} as Exported }
      const { source } = readProgramFile(join(out, 'vendor', `${name}.cjs`))
      vm.runInThisContext(source)(module.exports, require, module)
      return module.exports
    }
    expect(typeof load('ulid').monotonicFactory).toBe('function')
    expect(typeof load('write-file-atomic').sync).toBe('function')
    expect(typeof load('proper-lockfile').lock).toBe('function')
    expect(load('toml-parse')('a = 1')).toEqual({ a: 1 })
    expect(load('string-width')('日')).toBe(2)
  })

  it('loads no package before a command calls for it', () => {
    const source = join(out, 'probe.ts')
    writeFileSync(
      source,
      `import { formatToml } from ${JSON.stringify(join(root, 'lib/base/toml.ts'))}
       import { findKoffi, createMint } from ${JSON.stringify(join(root, 'lib/os/packages.ts'))}
       import { measureFor } from ${JSON.stringify(join(root, 'cli/render/width.ts'))}
       const fs = process.getBuiltinModule('node:fs')
       const read = []
       const readFileSync = fs.readFileSync
       fs.readFileSync = (file, ...rest) => {
         if (String(file).includes('vendor')) read.push(file)
         return readFileSync(file, ...rest)
       }
       const vendored = () => [...read]
       const probe = async () => {
         const before = vendored()
         formatToml({ a: 1 })
         const toml = vendored()
         createMint()
         const wide = (await measureFor(['日']))('日')
         return { before, toml, after: vendored(), wide, koffi: typeof findKoffi }
       }
       probe().then((told) => console.log(JSON.stringify(told)))`,
    )
    const probed = join(out, 'probed')
    execFileSync(process.execPath, [join(root, 'cli/build.mjs'), probed, source])
    // In place of the program's own.
    renameSync(join(probed, 'probe.cjs'), join(probed, 'main.cjs'))
    const got = JSON.parse(
      execFileSync(process.execPath, [join(probed, 'stint.cjs')], { encoding: 'utf8' }),
    )
    expect(got).toMatchObject({ before: [], wide: 2, koffi: 'function' })
    expect(got.toml).toEqual([])
    expect(got.after).toHaveLength(2)
  }, 60_000)

  const chunks = () =>
    [out, join(out, 'vendor')]
      .flatMap((parent) => readdirSync(parent).map((name) => join(parent, name)))
      .filter((file) => file.endsWith('.cjs') && !/\/(?:stint|precompile)\.cjs$/.test(file))
      .map((file) => ({ file, ...readProgramFile(file) }))

  it('has V8 compile all of them beforehand, as this Node takes it', () => {
    const compiled = compiledDir(out)
    expect(chunks().length).toBeGreaterThan(40)
    expect(readdirSync(compiled).sort()).toEqual(
      chunks()
        .map(({ hash }) => hash)
        .sort(),
    )
    for (const { file, source, hash } of chunks()) {
      const cachedData = readFileSync(join(compiled, hash))
      expect(new vm.Script(source, { cachedData }).cachedDataRejected, file).toBe(false)
    }
  })

  it('tells texts apart that differ in a letter', () => {
    for (const { file, source, hash } of chunks()) {
      const text = source.slice(source.indexOf('\n') + 1)
      // Read as bytes, any other letter would be more than one.
      expect(/^[\t\n\r -~]*$/.test(text), file).toBe(true)
      const whole = createHash('sha256').update(text).digest('hex')
      expect(whole.slice(0, 16), file).toBe(hash)
    }
  })

  it('does without what was compiled, where it is not there or is nothing to V8', () => {
    const alone = join(dir, 'alone')
    cpSync(out, alone, { recursive: true })
    const answer = () => {
      const args = [join(alone, 'stint.cjs'), 'list', '--bogus']
      const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      return { status, stderr }
    }
    const usual = answer()
    expect(usual.status).toBe(2)
    expect(usual.stderr).toContain('--bogus')
    const compiled = compiledDir(alone)
    for (const name of readdirSync(compiled)) {
      const made = readFileSync(join(compiled, name))
      writeFileSync(join(compiled, name), made.subarray(0, made.length / 2))
    }
    expect(answer()).toEqual(usual)
    for (const name of readdirSync(compiled)) writeFileSync(join(compiled, name), '')
    expect(answer()).toEqual(usual)
    rmSync(compiled, { recursive: true })
    expect(answer()).toEqual(usual)
    execFileSync(process.execPath, [join(alone, 'precompile.cjs')])
    expect(readdirSync(compiled)).toEqual(readdirSync(compiledDir(out)))
  })

  it('takes nothing for its own that lies where it runs, also when Node’s own file is gone', () => {
    const preload = join(dir, 'gone.cjs')
    writeFileSync(
      preload,
      `process.execPath = '/nowhere/node'
       const fs = require('node:fs')
       const { readFileSync } = fs
       fs.readFileSync = (file, ...rest) => {
         if (!String(file).startsWith('/')) console.log(file)
         return readFileSync(file, ...rest)
       }`,
    )
    const args = ['--require', preload, join(out, 'stint.cjs'), 'list', '--bogus']
    const got = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(got).toMatchObject({ status: 2, stdout: '' })
  })

  it('keeps the licences of what it bundles', () => {
    const text = readFileSync(join(out, 'LICENSES.txt'), 'utf8')
    for (const name of ['cac', 'string-width', 'write-file-atomic', 'graceful-fs', '@iarna/toml']) {
      expect(text).toMatch(new RegExp(`^${name} \\d`, 'm'))
    }
  })
})
