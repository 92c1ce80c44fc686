import { describe, expect, it } from 'vitest'
import type { Verb } from '../../cli/command.ts'
import { formatReport, reportOf } from '../../cli/fail.ts'
import { verbs } from '../../cli/verbs.ts'
import { Failure, listFailureCodes } from '../../lib/index.ts'

const plain = { json: false, color: false, debug: false }
const show = verbs.show as Verb
const run = verbs.run as Verb

const errno = (code: string, path?: string) =>
  Object.assign(new Error(`${code}: no luck, open '${path}'`), {
    code,
    syscall: 'open',
    ...(path === undefined ? {} : { path }),
  })

describe('reportOf', () => {
  it('keeps the code, data and status of a Failure', () => {
    const failure = new Failure('SESSION_UNKNOWN', { ref: 'x', store: '/s' })
    expect(reportOf(failure, show)).toMatchObject({
      code: 'SESSION_UNKNOWN',
      status: 3,
      data: { ref: 'x' },
      hint: failure.hint,
    })
  })

  it('turns every status but 2, 126, 127 and 130 into 125 where a tool is run', () => {
    for (const { code, status } of listFailureCodes()) {
      const failure = Object.assign(new Error('m'), { name: 'Failure', code, status, data: {} })
      expect(reportOf(failure, show).status).toBe(status)
      const expected = [2, 126, 127, 130].includes(status) ? status : 125
      expect(reportOf(failure, run).status, code).toBe(expected)
      expect(reportOf(failure, verbs.resume).status, code).toBe(expected)
      expect(reportOf(failure, verbs.compress).status, code).toBe(expected)
    }
  })

  it.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EFBIG', 'DISK_FULL'],
    ['EACCES', 'ACCESS_DENIED'],
    ['EPERM', 'ACCESS_DENIED'],
    ['EROFS', 'ACCESS_DENIED'],
    ['EMFILE', 'IO_FAILED'],
  ])('gives a meaning to %s that escaped', (code, meaning) => {
    const report = reportOf(errno(code, '/a/b'), show)
    expect([report.code, report.status]).toEqual([meaning, 7])
    expect(report.message).toContain('/a/b')
    expect(reportOf(errno(code), run).status).toBe(125)
  })

  it('takes anything else for a mistake of stint', () => {
    expect(reportOf(new TypeError('x is no y'), show)).toMatchObject({
      code: 'INTERNAL',
      status: 1,
      message: 'TypeError: x is no y',
    })
    expect(reportOf(new Error('x'), run).status).toBe(125)
    for (const thrown of [undefined, null, 'text', 7, {}]) {
      expect(reportOf(thrown).code).toBe('INTERNAL')
    }
    const moduleMissing = Object.assign(new Error('x'), { code: 'MODULE_NOT_FOUND' })
    expect(reportOf(moduleMissing).code).toBe('INTERNAL')
  })

  it('finds the reason in an AbortError', () => {
    const cause = new Failure('INTERRUPTED', { signal: 'SIGINT' })
    const error = Object.assign(new Error('aborted', { cause }), { name: 'AbortError' })
    expect(reportOf(error, run)).toMatchObject({ code: 'INTERRUPTED', status: 130 })
  })

  it('tells what went wrong first when letting go went wrong after it', () => {
    const suppressed = new Failure('DISK_FULL', { path: '/s', recorded: 0 })
    const error = Object.assign(new Error('suppressed'), { name: 'SuppressedError', suppressed })
    expect(reportOf(error)).toMatchObject({ code: 'DISK_FULL', status: 7 })
  })
})

describe('formatReport', () => {
  const failure = new Failure('SESSION_UNKNOWN', { ref: 'auth', store: '/s' })

  it('prints the code, the sentence and the hint', () => {
    expect(formatReport(reportOf(failure), plain)).toBe(
      `error[SESSION_UNKNOWN]: ${failure.message}\nhint: ${failure.hint}\n`,
    )
  })

  it('says how much of an id it takes', () => {
    const short = new Failure('SESSION_UNKNOWN', { ref: '01J', store: '/s' })
    expect(formatReport(reportOf(short), plain)).toContain('takes 4 characters or more')
  })

  it.each([
    [
      ['--project', "'../my project'"],
      "hint: `stint list --project '../my project'` shows the sessions here, `stint list --all-projects` those",
    ],
    [
      ['--all-projects'],
      'hint: `stint list --all-projects` shows the sessions here, `stint list --all-',
    ],
  ])('points the commands of the hint where the one that failed was pointed: %j', (place, hint) => {
    expect(formatReport(reportOf(failure), { ...plain, place })).toContain(hint)
  })

  it('leaves a command alone that cannot be pointed there', () => {
    const id = '01JH4QWERT1234567890ABCDEF'
    const moved = new Failure('SESSION_UNKNOWN', { ref: 'x', store: '/s', moved_from: '/a b' })
    const trashed = new Failure('SESSION_EXISTS', { id, place: 'trash' })
    const how = { ...plain, place: ['--store', '/s', '--all-projects'] }
    expect(formatReport(reportOf(moved), how)).toContain("`stint project move '/a b' .`")
    expect(formatReport(reportOf(trashed), how)).toContain(
      `\`stint trash --store /s restore ${id}\``,
    )
  })

  it('prints one line of JSON with the four keys of the contract', () => {
    const text = formatReport(reportOf(failure), { ...plain, json: true })
    expect(text.trimEnd()).not.toContain('\n')
    expect(JSON.parse(text)).toEqual({
      error: {
        code: 'SESSION_UNKNOWN',
        message: failure.message,
        hint: failure.hint,
        data: { ref: 'auth', store: '/s' },
      },
    })
  })

  it('shows the stack, with its causes, only when debugging', () => {
    const error = new Error('outer', { cause: new Error('inner') })
    expect(formatReport(reportOf(error), plain)).not.toContain('    at ')
    const text = formatReport(reportOf(error), { ...plain, debug: true })
    expect(text).toContain('    at ')
    expect(text).toContain('caused by Error: inner')
  })

  it('makes visible what a name or a path smuggles in', () => {
    const text = formatReport(reportOf(errno('ENOSPC', '/a\x1b[2J\u202e')), plain)
    expect(text).toContain('/a\\x1b[2J\\u202e')
    expect(text).not.toContain('\x1b')
  })
})
