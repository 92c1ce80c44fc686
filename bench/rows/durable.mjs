/** Rows 5 and 6: durable changes in process, against an insert that waits for the disk. */

import fs from 'node:fs'
import { compare, interleave, median, round, skipped, timed } from '../measure.mjs'
import { openSessionTable } from '../sqlite.mjs'

const block = 100

/** Row 5: a session made. */
export async function create(bench) {
  const name = 'a session created'
  if (bench.sqlite.missing) return [skipped('5', name, bench.sqlite.missing)]
  const { lib, yard } = bench
  const plain = plainCreates(`${bench.temporary}/plain`)
  const store = yard.openFresh('created')
  const table = openSessionTable(bench.sqlite, `${bench.temporary}/created.db`)
  let n = 0
  const samples = await inBlocks(
    bench,
    async () => {
      const { session, lock } = await lib.createSession(store, {
        description: 'mend the failing test',
        name: `work-${n++}`,
        tool: 'command',
        branch: 'main',
        head: '9fceb02d0ae598e95dc970b74767f19372d61af8',
        cwd: store.projectPath,
      })
      session[Symbol.dispose]()
      lock.release()
    },
    () => table.insert(n++),
  )
  table.close()
  const note = `blocks of ${block}; two plain mkdir and a file before it: ${plain} us (over 200, the disk still steps over deleted inodes: wait)`
  return [durable('5', name, samples, 5.5, note)]
}

/** Row 6: a session changed. */
export async function change(bench) {
  const name = 'a session changed (renameSession)'
  if (bench.sqlite.missing) return [skipped('6', name, bench.sqlite.missing)]
  const { lib, yard } = bench
  const store = yard.openFresh('changed')
  const table = openSessionTable(bench.sqlite, `${bench.temporary}/changed.db`)
  const { session, lock } = await lib.createSession(store, {
    description: 'mend the failing test',
    tool: 'command',
    branch: 'main',
    head: '9fceb02d0ae598e95dc970b74767f19372d61af8',
    cwd: store.projectPath,
  })
  lock.release()
  let n = 0
  const insert = () => table.insert(n++)
  const reopened = await inBlocks(
    bench,
    () => lib.renameSession(store, session.id, { name: `name-${n++}` }),
    insert,
  )
  const kept = await inBlocks(
    bench,
    () => {
      const set = { name: `name-${n++}` }
      const data = { event: 'renamed', set }
      return session.append({ type: 'session', turn: 0, text: null, data, at: Date.now() })
    },
    insert,
  )
  session[Symbol.dispose]()
  table.close()
  const note = `blocks of ${block}`
  return [
    durable('6a', name, reopened, 7, note),
    durable('6b', 'the same, the session kept open', kept, 7, note),
  ]
}

/** Each in a block of its own: between the commits of another, either is slower. */
async function inBlocks(bench, act, insert) {
  const each = (one) => async () => {
    settle(bench.temporary)
    const ms = await timed(async () => {
      for (let i = 0; i < block; i++) await one()
    })
    return ms / block
  }
  return interleave({ act: each(act), reference: each(insert) }, bench.rounds(21))
}

/** Lets no block wait for what the one before it left to the disk. */
function settle(dir) {
  const fd = fs.openSync(`${dir}/settle`, 'w', 0o600)
  fs.writeSync(fd, 'x')
  fs.fsyncSync(fd)
  fs.closeSync(fd)
}

function durable(row, name, { act, reference }, target, note) {
  return compare({ row, name, samples: act, reference, target, unit: 'x wall', note })
}

/** How fast the file system makes files just now, in us: see the first trap in docs/performance. */
function plainCreates(dir) {
  fs.mkdirSync(dir)
  const times = Array.from({ length: 200 }, (_, i) => {
    const started = performance.now()
    fs.mkdirSync(`${dir}/${i}`)
    fs.mkdirSync(`${dir}/${i}/locks`)
    fs.writeFileSync(`${dir}/${i}/state.toml`, 'x'.repeat(900))
    return performance.now() - started
  })
  return round(median(times) * 1000, 0)
}
