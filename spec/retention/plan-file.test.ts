import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { readPlan } from '../../lib/retention/plan-file.ts'

const dir = mkdtempSync(join(tmpdir(), 'stint-plan-file-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const file = join(dir, 'plan.json')
const id = '01JH4QWERT0000000000000001'

function read(document: unknown): [string, readonly object[]][] {
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document))
  return [...readPlan(file)]
}

const planOf = (verdicts: readonly unknown[]) => ({
  format: 1,
  stores: [{ store: '/x', verdicts }],
})

describe('readPlan', () => {
  it('gives what is to be done, however many sessions stay', () => {
    const errands = [
      { id, act: 'purge', why: 'trashed', since: 7 },
      { id, act: 'record', why: 'crashed', seq: 3 },
      { id, act: 'trash', why: 'old', seq: 3 },
    ]
    const kept = { id, act: 'keep', why: 'young' }
    const shown = errands.map((one) => ({ ...one, bytes: 1, name: null }))
    // Longer than a file of a session may be.
    const text = JSON.stringify(planOf([kept, ...shown])).padEnd(17 * 1024 * 1024)
    expect(read(text)).toEqual([['/x', errands]])
  })

  it.each([
    ['a verdict is no object', planOf([null])],
    ['a store of it has no verdicts', { format: 1, stores: [{ store: '/x' }] }],
    ['a store of it has no verdicts', { format: 1, stores: [7] }],
    ['store is missing', { format: 1, stores: [{ verdicts: [] }] }],
    ['id is missing', planOf([{ act: 'keep' }])],
    [`since of ${id} is missing`, planOf([{ id, act: 'purge', why: 'trashed' }])],
    [`seq of ${id} is missing`, planOf([{ id, act: 'record', why: 'crashed' }])],
    [`seq of ${id} is missing`, planOf([{ id, act: 'trash', why: 'old' }])],
    [`the verdict on ${id} is none`, planOf([{ id, act: 'trash', why: 'toString', seq: 3 }])],
    [`the verdict on ${id} is none`, planOf([{ id, act: 'trash', seq: 3 }])],
    [`the verdict on ${id} is none`, planOf([{ id, act: 'burn', why: 'old', seq: 3 }])],
  ])('refuses one where %s: %j', (problem, document) => {
    const invalid = expect.objectContaining({ code: 'PLAN_INVALID', data: { file, problem } })
    expect(() => read(document)).toThrow(invalid)
  })

  it('refuses one that is not there', () => {
    const gone = join(dir, 'gone')
    const data = { file: gone, problem: 'it is not there' }
    expect(() => readPlan(gone)).toThrow(expect.objectContaining({ code: 'PLAN_INVALID', data }))
  })
})
