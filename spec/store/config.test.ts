import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseSize, readConfig } from '../../lib/index.ts'
import { makeDir } from '../support/place.ts'

function makeConfig(text?: string): { home: string; file: string } {
  const home = makeDir()
  const file = `${home}/.config/stint/config.toml`
  mkdirSync(`${home}/.config/stint`, { recursive: true })
  if (text !== undefined) writeFileSync(file, text)
  return { home, file }
}

describe('readConfig', () => {
  it('gives the defaults where nothing is set', () => {
    const { home } = makeConfig()
    const { settings, rows, warnings } = readConfig({}, home)
    expect(settings).toMatchObject({
      depth_limit: 5,
      timeout: undefined,
      idle_timeout: undefined,
      kill_grace: 5_000,
      transcript_cap: 512 * 1024 * 1024,
    })
    expect(warnings).toEqual([])
    for (const row of rows) expect(row).toMatchObject({ origin: 'default', source: null })
  })

  it('prefers the file to the default and the environment to the file, and says which it was', () => {
    const { home, file } = makeConfig('depth_limit = 2\ntimeout = "1h"\nkill_grace = "9s"\n')
    const env = { STINT_DEPTH_LIMIT: '7', STINT_TIMEOUT: '', STINT_IDLE_TIMEOUT: '5m' }
    const { settings, rows } = readConfig(env, home)
    expect(settings).toMatchObject({
      depth_limit: 7,
      timeout: 3_600_000,
      idle_timeout: 300_000,
      kill_grace: 9_000,
    })
    const origins = Object.fromEntries(
      rows.map(({ key, origin, source }) => [key, [origin, source]]),
    )
    expect(origins).toMatchObject({
      depth_limit: ['environment', 'STINT_DEPTH_LIMIT'],
      timeout: ['config', file],
      idle_timeout: ['environment', 'STINT_IDLE_TIMEOUT'],
      kill_grace: ['config', file],
      transcript_cap: ['default', null],
    })
  })

  it('takes back what the file says with none', () => {
    const { home } = makeConfig('timeout = "1h"\n')
    expect(readConfig({ STINT_TIMEOUT: 'none' }, home).settings.timeout).toBeUndefined()
  })

  it('looks where XDG_CONFIG_HOME says, unless it is relative', () => {
    const { home } = makeConfig('depth_limit = 2\n')
    const other = makeDir()
    mkdirSync(`${other}/stint`)
    writeFileSync(`${other}/stint/config.toml`, 'depth_limit = 3\n')
    expect(readConfig({ XDG_CONFIG_HOME: other }, home).settings.depth_limit).toBe(3)
    expect(readConfig({ XDG_CONFIG_HOME: 'relative' }, home).settings.depth_limit).toBe(2)
  })

  it('reads a file that is a symbolic link, as those who keep their settings in one place have', () => {
    const { home, file } = makeConfig('depth_limit = 2\n')
    renameSync(file, `${home}/kept.toml`)
    symlinkSync(`${home}/kept.toml`, file)
    expect(readConfig({}, home).settings.depth_limit).toBe(2)
  })

  it('warns of unknown keys, and suggests the one that was meant', () => {
    const { home } = makeConfig('depth_limt = 2\nfrobnicate = 1\n\n[table]\nx = 1\n')
    const { warnings, settings } = readConfig({}, home)
    expect(settings.depth_limit).toBe(5)
    expect(warnings).toHaveLength(3)
    expect(warnings[0]).toContain('did you mean depth_limit?')
    expect(warnings[1]).not.toContain('did you mean')
  })

  it.each([
    'depth_limit = -1',
    'depth_limit = 1.5',
    'depth_limit = "many"',
    'depth_limit = 1000',
    'depth_limit = true',
    'depth_limit = [ 1 ]',
    'depth_limit = 99999999999999999999',
    'depth_limit = inf',
    'depth_limit = 2026-02-06',
    'timeout = 30',
    'timeout = "soon"',
    'timeout = ""',
    'kill_grace = "none"',
    'transcript_cap = "5 elephants"',
    'redaction = 2026-02-06',
    'gc = 2026-02-06',
  ])('refuses %s, and names the file and the key', (line) => {
    const { home, file } = makeConfig(`${line}\n`)
    const key = line.slice(0, line.indexOf(' '))
    expect(() => readConfig({}, home)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        status: 2,
        data: { file, problem: expect.stringContaining(key) },
      }),
    )
  })

  it.each([
    ['enabled = "yes"', 'redaction.enabled is'],
    ['env = "PIN"', 'redaction.env is'],
    ['env = [ 1 ]', 'redaction.env is'],
    ['allow = "text"', 'redaction.allow is'],
    ['rules = "text"', 'redaction.rules are'],
    ['rules = [ "text" ]', 'rule 1 of'],
    ['rule = []', 'has no rule; it has'],
    ['[[redaction.rules]]\nid = "a"\nprefix = "abc_"\nmin = 20\n[[redaction.rules]]', 'rule 2 of'],
  ])('refuses what nobody can redact by: %s', (lines, problem) => {
    const { home, file } = makeConfig(`[redaction]\n${lines}\n`)
    expect(() => readConfig({}, home)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        data: { file, problem: expect.stringContaining(problem) },
      }),
    )
  })

  it('shows of redaction what is set, and of what may be secret only how much', () => {
    const shown = (text?: string) => {
      const { rows } = readConfig({}, makeConfig(text).home)
      const own = rows.filter(({ key }) => key.startsWith('redaction.'))
      return own.map(({ key, value, origin }) => [key.slice(10), value, origin])
    }
    expect(shown()).toEqual([
      ['enabled', 'true', 'default'],
      ['env', 'none', 'default'],
      ['allow', 'none', 'default'],
      ['rules', 'none', 'default'],
    ])
    const rule = (id: string) => `[[redaction.rules]]\nid = "${id}"\nprefix = "${id}_"\nmin = 20\n`
    const lists = 'env = ["PIN", "DOOR"]\nallow = ["a text", "b text", "c text"]'
    expect(shown(`[redaction]\n${lists}\n${rule('one')}${rule('two')}`)).toEqual([
      ['enabled', 'true', 'default'],
      ['env', 'PIN DOOR', 'config'],
      ['allow', '3', 'config'],
      ['rules', 'one two', 'config'],
    ])
  })

  it('refuses a variable by its name', () => {
    const { home } = makeConfig()
    expect(() => readConfig({ STINT_DEPTH_LIMIT: 'x' }, home)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        data: {
          file: 'STINT_DEPTH_LIMIT',
          problem: 'depth_limit cannot be "x": it takes a whole number below 1000',
        },
      }),
    )
  })

  it('says in which line the file is broken', () => {
    const { home, file } = makeConfig('depth_limit = 2\n\ntimeout = = 5\n')
    expect(() => readConfig({}, home)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        data: { file, problem: expect.stringContaining('line 3') },
      }),
    )
  })
})

describe('parseSize', () => {
  it.each([
    ['0', 0],
    ['512', 512],
    ['64k', 65_536],
    ['64K', 65_536],
    ['2GB', 2e9],
    ['2GiB', 2 ** 31],
    ['512MiB', 2 ** 29],
    ['1 MiB', 2 ** 20],
    ['1T', 2 ** 40],
    ['5B', 5],
  ])('reads %s', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes)
  })

  it.each(['', 'k', '-1', '1.5G', '1 X', '999999999999T', '1KiBs', ' 1'])('refuses %j', (text) => {
    expect(parseSize(text)).toBeUndefined()
  })
})
