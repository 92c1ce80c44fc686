/** The program's files, replaced or removed by an update while a command of it lives. */

import { cpSync, renameSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { agent, makePlace, type Place, program, touch } from '../support/cli.ts'

/** A copy of the program in a place: how it is started, and how it goes away. */
function install({ dir, startOther }: Place) {
  const own = `${dir}/stint`
  cpSync(dirname(program), own, { recursive: true })
  symlinkSync(`${dirname(dirname(dirname(program)))}/node_modules`, `${dir}/node_modules`)
  return {
    start: (...args: string[]) => startOther([process.execPath, `${own}/stint.cjs`, ...args]),
    remove: () => renameSync(own, `${own}.old`),
  }
}

/** So much of a command's life that what it may say is at hand. */
const settled = () => new Promise((resolve) => setTimeout(resolve, 1_000))

test('leaves each command that lives to end as it would have, and to say why', async () => {
  const place = makePlace()
  const gate = `${place.dir}/gate`
  const { start, remove } = install(place)
  const run = start('run', '--', agent('hold.sh'), gate, '4')
  await run.says('working as')
  const late = start('wait', '@last', '--timeout', '1500ms')
  const interrupted = start('wait', '@last')
  const followed = start('logs', '@last', '--follow')
  const waited = start('wait', '@last')
  await followed.says('working as')
  await settled()
  remove()
  interrupted.kill('SIGINT')
  followed.kill('SIGTERM')
  expect(await interrupted.ended).toMatchObject({
    status: 130,
    stderr: 'error[INTERRUPTED]: interrupted by SIGINT\n',
  })
  expect(await followed.ended).toMatchObject({
    status: 130,
    stderr: 'error[INTERRUPTED]: interrupted by SIGTERM\n',
  })
  const { status, stderr } = await late.ended
  expect(status).toBe(124)
  expect(stderr).toMatch(/^error\[WAIT_EXPIRED\]: /)
  touch(gate)
  expect((await run.ended).status).toBe(4)
  expect((await waited.ended).stderr).toMatch(/is idle: failure/)
})
