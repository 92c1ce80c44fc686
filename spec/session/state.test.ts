import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPlainToml } from '../../lib/base/toml.ts'
import { Failure } from '../../lib/errors.ts'
import { formatState, parseState, refuseNewer } from '../../lib/session/codec.ts'
import { id, state } from './states.ts'

function invalid(document: string): { problem: string; line?: number; column?: number } {
  try {
    parseState(document, '/s/state.toml')
  } catch (error) {
    expect(error).toBeInstanceOf(Failure)
    expect(error).toMatchObject({ code: 'STATE_INVALID', data: { file: '/s/state.toml' } })
    return (error as Failure<'STATE_INVALID'>).data
  }
  throw new Error('it was read')
}

const least = `meta_session_id = "${id}"\nproject_path = "/p"\ncreated_at = 2026-02-06T10:00:00.000Z\n`

describe('formatState and parseState', () => {
  it('give back any state as it was', () => {
    fc.assert(
      fc.property(state, (state) => {
        expect(parseState(formatState(state), 'f')).toEqual(state)
      }),
      { numRuns: 300 },
    )
  })

  it('write the same text again', () => {
    fc.assert(
      fc.property(state, (state) => {
        const document = formatState(state)
        expect(formatState(parseState(document, 'f'))).toBe(document)
      }),
      { numRuns: 100 },
    )
  })

  const history = ['0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee', '0190aaaa-bbbb-7ccc-8ddd-ffffffffffff']
  it.each([
    ['of a command', { description: 'npm test' }],
    ['of a command with quotes', { description: 'echo "hello"' }],
    ['of a tool with old ids', { tools: { codex: { provider_session_history: history } } }],
  ])('write a state %s in the layout that is read quickly', (_, facts) => {
    const document = formatState({ ...parseState(least, 'f'), ...facts })
    expect(parseState(document, 'f')).toMatchObject(facts)
    expect(readPlainToml(document)).toBeDefined()
  })

  it('keep keys, tables and words that they do not know', () => {
    const document = `${least}format = 1
phase = "hibernating"
from_the_future = 2026-02-06T10:00:00.000Z
fraction = 1.25
list = [ 1, 2 ]

[genealogy]
depth = 0
clan = "b"

[context_status]
is_compacted = false
window = 200_000

[tools.codex]
last_exit_code = 0
mood = "good"

[tools.codex.more]
deep = true

[git]
remote = "origin"

[turn]
number = 1
tool = "codex"
started_at = 2026-02-06T10:00:00.000Z
outcome = "abducted"
weather = "rain"

[turn.process]
pgid = 4
start_time = "1"
boot_id = "b"
pid_ns = "n"
host = "h"
cgroup = "c"

[journal]
fold = 1
seq = 3
bytes = 100
checksum = "x"

[retention]
keep = true

[[hooks]]
name = "one"

[[hooks]]
name = "two"
`
    const once = parseState(document, 'f')
    expect(once).toMatchObject({
      phase: 'hibernating',
      fraction: 1.25,
      list: [1, 2],
      genealogy: { clan: 'b' },
      context_status: { window: 200_000 },
      tools: { codex: { mood: 'good', more: { deep: true } } },
      git: { remote: 'origin' },
      turn: { outcome: 'abducted', weather: 'rain', process: { cgroup: 'c' } },
      journal: { checksum: 'x' },
      retention: { keep: true },
      hooks: [{ name: 'one' }, { name: 'two' }],
    })
    expect(parseState(formatState({ ...once, pinned: true }), 'f')).toEqual({
      ...once,
      pinned: true,
    })
  })

  it('keep what they do not know about usage', () => {
    const document = `${least}[usage]\ninput_tokens = 5\nmodel = "m"\n\n[usage.by_model]\nm = 5\n`
    const once = parseState(document, 'f')
    expect(once.usage).toMatchObject({ input_tokens: 5, model: 'm', by_model: { m: 5 } })
    expect(parseState(formatState(once), 'f')).toEqual(once)
  })

  it('keep a state that can be shown as JSON, whatever number stands in it', () => {
    const state = parseState(`${least}big = 9223372036854775807\n`, 'f')
    expect(JSON.stringify(state)).toContain('"big"')
    expect(formatState(state)).toMatch(/^big = 9_?223/m)
  })
})

describe('parseState', () => {
  it.each([
    ['quoted', '"2026-02-06T12:00:00Z"'],
    ['unquoted', '2026-02-06T12:00:00Z'],
  ])("reads csa's document with a %s last_compacted_at", (_, instant) => {
    const document = `meta_session_id = "${id}"
description = "Auth refactor"
project_path = "/home/user/project"
created_at = 2026-02-06T10:00:00Z
last_accessed = 2026-02-06T14:30:00Z

[genealogy]
parent_session_id = "01JH4QWERT0000000000000000"
depth = 1

[context_status]
is_compacted = true
last_compacted_at = ${instant}

[tools.codex]
provider_session_id = "thread_abc123"
last_action_summary = "Reviewed auth flow"
last_exit_code = 0
updated_at = 2026-02-06T14:30:00Z

[tools.gemini-cli]
last_action_summary = "Wrote tests"
last_exit_code = 1
updated_at = 2026-02-06T14:00:00Z
`
    expect(parseState(document, 'f')).toMatchObject({
      format: 1,
      phase: 'active',
      pinned: false,
      created_at: '2026-02-06T10:00:00.000Z',
      last_accessed: '2026-02-06T14:30:00.000Z',
      genealogy: { parent_session_id: '01JH4QWERT0000000000000000', depth: 1 },
      context_status: { is_compacted: true, last_compacted_at: '2026-02-06T12:00:00.000Z' },
      tools: {
        codex: { provider_session_id: 'thread_abc123', last_exit_code: 0 },
        'gemini-cli': { updated_at: '2026-02-06T14:00:00.000Z' },
      },
      git: {},
      journal: { fold: 0, seq: -1, bytes: 0 },
    })
  })

  it('says in which line and column a document is broken', () => {
    expect(invalid(`${least}pinned = maybe\n`)).toMatchObject({ line: 4, column: 10 })
    expect(invalid('x = 1\n\n\n  y = "open\n').line).toBe(4)
  })

  it('never shows what the broken line holds', () => {
    const { problem } = invalid(`${least}pinned = = hunter\n`)
    expect(problem).not.toContain('hunter')
  })

  it.each([
    ['an empty file', ''],
    ['NULs', '\0'.repeat(200)],
    ['binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 255, 254]).toString()],
    ['JSON', '{"format":1}'],
    ['an id that is none', least.replace(id, '8ZZZZZZZZZZZZZZZZZZZZZZZZZ')],
    ['an id that would lead elsewhere', least.replace(id, '../../etc')],
    ['no project', least.replace(/project_path.*\n/, '')],
    ['a number for a text', `${least}description = 5\n`],
    ['a text for a truth', `${least}pinned = "yes"\n`],
    ['a value for a table', `${least}genealogy = 5\n`],
    ['a fraction for a count', `${least}[genealogy]\ndepth = 0.5\n`],
    ['a date that is none', least.replace('2026-02-06T10:00:00.000Z', '"soon"')],
    ['a turn without a number', `${least}[turn]\ntool = "x"\n`],
    ['a tool that is no table', `${least}[tools]\ncodex = 1\n`],
    [
      'a history that is no list of texts',
      `${least}[tools.codex]\nprovider_session_history = [ 1 ]\n`,
    ],
    ['a list for the whole', '[[tools]]\nx = 1\n'],
    ['a format that is a text', `${least}format = "1"\n`],
    ['a number of bytes below 0', `${least}[journal]\nbytes = -5\n`],
    ['an entry number below what stands before the first', `${least}[journal]\nseq = -2\n`],
    ['an unknown count beyond all bounds', `${least}[journal]\nbytes = 99999999999999999999\n`],
  ])('refuses %s', (_, document) => {
    expect(invalid(document).problem).not.toBe('')
  })

  it.each([
    ['genealogy.depth', '[genealogy]\ndepth = 0.5\n'],
    ['tools.codex.last_exit_code', '[tools.codex]\nlast_exit_code = "no"\n'],
    [
      'turn.ended_at',
      '[turn]\nnumber = 1\ntool = "x"\nstarted_at = 2026-02-06T10:00:00.000Z\nended_at = 1\n',
    ],
    ['journal.bytes', '[journal]\nbytes = -5\n'],
  ])('says in which table %s is wrong', (place, table) => {
    expect(invalid(`${least}${table}`).problem).toMatch(new RegExp(`^${place} is `))
  })

  it('refuses or reads every start of a document, and throws nothing else', () => {
    const document = formatState(parseState(`${least}[tools.codex]\nlast_exit_code = 0\n`, 'f'))
    let refused = 0
    for (let length = 0; length < document.length; length++) {
      try {
        expect(parseState(document.slice(0, length), 'f').meta_session_id).toBe(id)
      } catch (error) {
        expect(error).toMatchObject({ code: 'STATE_INVALID' })
        refused++
      }
    }
    expect(refused).toBeGreaterThan(least.length - 30)
  })

  it('reads a newer format as far as it goes', () => {
    const newer = parseState(`format = 2\n${least}`, 'f')
    expect(newer.format).toBe(2)
    expect(() => refuseNewer(newer, 'f')).toThrow(
      expect.objectContaining({
        code: 'FORMAT_NEWER',
        data: { file: 'f', format: 2, supported: 1 },
      }),
    )
    expect(() => refuseNewer(parseState(least, 'f'), 'f')).not.toThrow()
  })

  it('says that a newer format is newer when it cannot be read', () => {
    expect(() => parseState('format = 7\nsession = "01"\n', 'f')).toThrow(
      expect.objectContaining({ code: 'FORMAT_NEWER' }),
    )
  })

  it('does not take the format of some table for that of the file', () => {
    expect(invalid('[export]\nformat = 7\n').problem).toContain('meta_session_id')
  })
})
