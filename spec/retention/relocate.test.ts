import { mkdirSync } from 'node:fs'
import { expect, it } from 'vitest'
import { moveProject, openStore, readSession } from '../../lib/index.ts'
import { alnum } from '../redact/samples.ts'
import { writeSession } from '../store/sessions.ts'
import { makeDir } from '../support/place.ts'

/** Two projects under one root; the second is where the first was moved to. */
function makeMove(name: string) {
  const dir = makeDir()
  const open = (project: string) => {
    const cwd = `${dir}/${project}`
    mkdirSync(cwd)
    return openStore({ env: { STINT_HOME: `${dir}/home` }, home: dir, cwd })
  }
  return { from: open('old'), to: open(name) }
}

it('says anew what was inside of the project, and leaves alone what was not', async () => {
  const { from, to } = makeMove('new')
  const inside = writeSession(from, { cwd: `${from.projectPath}/sub` }).id
  const beside = writeSession(from, { cwd: `${from.projectPath}-too` }).id
  const nowhere = writeSession(from).id
  await moveProject(from, to)
  const [first, second, third] = [inside, beside, nowhere].map((id) => readSession(to, id).state)
  expect(first?.git).toEqual({ cwd: `${to.projectPath}/sub` })
  expect(second?.git).toEqual({ cwd: `${from.projectPath}-too` })
  expect(third?.git).toEqual({})
  for (const state of [first, second, third]) expect(state?.project_path).toBe(to.projectPath)
})

it('marks a directory that redaction changes', async () => {
  const { from, to } = makeMove(`ghp${'_'}${alnum(36)}`)
  const { id } = writeSession(from, { cwd: from.projectPath })
  await moveProject(from, to)
  expect(readSession(to, id).state?.git).toEqual({
    cwd: to.projectPath.replace(/[^/]+$/, '[REDACTED:github-token]'),
    cwd_redacted: true,
  })
})
