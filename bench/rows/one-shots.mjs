/** Rows 1, 2 and 7: commands that are over at once, against a node that does nothing. */

import { compare, cpu, interleave, ratioOf, round, runProgram, wall } from '../measure.mjs'

const nothing = [process.execPath, '-e', '0']

/** Row 1: one session by its whole id. */
export async function isAlive(bench) {
  const { home, store, ...made } = bench.yard.storeOf(bench.sessions(10_000))
  const env = { ...bench.env, STINT_HOME: home }
  const ended = made.newest(false)
  const crashed = made.newest(true)
  const running = await openRunning(bench)
  const ask =
    (id, status, of = env) =>
    () =>
      runProgram(bench, [...bench.stint, 'is-alive', id], { env: of, status })
  try {
    const samples = await interleave(
      {
        reference: () => runProgram(bench, nothing),
        ended: ask(ended, 1),
        crashed: ask(crashed, 1),
        running: ask(running.id, 0, { ...bench.env, STINT_HOME: running.home }),
      },
      bench.rounds(41),
    )
    return [
      oneShot('1a', 'is-alive of an ended turn', samples.ended, samples.reference, 1.15),
      oneShot('1b', 'is-alive of an open turn, crashed', samples.crashed, samples.reference, 1.3),
      oneShot('1c', 'is-alive of an open turn, running', samples.running, samples.reference, 1.3),
    ]
  } finally {
    running.release()
  }
}

/** A session whose turn is open and whose session.lock this process holds. */
async function openRunning({ lib, yard }) {
  const fresh = yard.openFresh('running')
  const { session, lock } = await lib.createSession(fresh, { tool: 'command' })
  await session.refresh()
  const at = Date.now()
  const data = { tool: 'command', argv: ['true'], cwd: fresh.projectPath }
  await session.append({ type: 'turn_started', turn: 1, text: null, data, at })
  return { id: session.id, home: fresh.home, release: lock.release }
}

/** Row 2: a command that does nothing. */
export async function doNothing(bench) {
  const run = (argv, status) => () => runProgram(bench, [...bench.stint, ...argv], { status })
  const samples = await interleave(
    {
      reference: () => runProgram(bench, nothing),
      unknown: run(['no-such-verb'], 2),
      missing: run(['is-alive'], 2),
      option: run(['list', '--no-such-option'], 2),
      help: run(['--help'], 0),
      verbHelp: run(['list', '--help'], 0),
    },
    bench.rounds(41),
  )
  const { reference } = samples
  return [
    oneShot('2a', 'an unknown verb', samples.unknown, reference, 1.1),
    oneShot('2b', 'is-alive without a REF', samples.missing, reference, 1.1),
    oneShot('2c', 'list with an unknown option', samples.option, reference, 1.1),
    oneShot('2d', '--help', samples.help, reference, 1.4),
    oneShot('2e', 'list --help', samples.verbHelp, reference, 1.4),
  ]
}

/** Row 7: a durable change as a whole process. */
export async function rename(bench) {
  const { home, ...made } = bench.yard.storeOf(bench.sessions(10_000))
  const env = { ...bench.env, STINT_HOME: home }
  const id = made.newest(false)
  let n = 0
  const samples = await interleave(
    {
      reference: () => runProgram(bench, nothing),
      rename: () => runProgram(bench, [...bench.stint, 'rename', id, `name-${n++}`], { env }),
    },
    bench.rounds(41),
  )
  return [oneShot('7', 'rename', samples.rename, samples.reference, 1.7)]
}

function oneShot(row, name, samples, reference, target) {
  const note = `of node -e 0; wall ${round(ratioOf(samples, reference, wall), 2)}`
  return compare({ row, name, samples, reference, target, figure: cpu, unit: 'x CPU', note })
}
