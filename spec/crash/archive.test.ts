import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { exportSessions, importArchive, listSessions, type SessionId } from '../../lib/index.ts'
import { entriesOf, type Scene, stint, storeOf } from './kit.ts'
import { describeCrashes, ok, rowOf } from './suite.ts'

const command =
  'echo one; echo two; mkdir "$STINT_OUTPUT_DIR/sub"; echo 3 > "$STINT_OUTPUT_DIR/sub/f"'

function makeTwo(scene: Scene): void {
  ok(stint(scene, ['run', '-q', '--name', 'mine', '--', 'sh', '-c', command]))
  ok(stint(scene, ['run', '-q', '--name', 'other', '--', 'true']))
}

/** The archive is there whole. */
async function expectArchive(scene: Scene): Promise<void> {
  const file = join(scene.home, 'a.tar.gz')
  const look = { file, dryRun: true, maxSize: 1e9 }
  const rows = await importArchive(storeOf(scene), look)
  expect(rows.map(({ act }) => act)).toEqual(['known', 'known'])
}

/** One more run makes it, and sweeps what was left beside it. */
async function expectAgain(scene: Scene): Promise<void> {
  const store = storeOf(scene)
  const sessions = listSessions(store).rows.map(({ id }) => ({ store, id }))
  await exportSessions(sessions, { file: join(scene.home, 'a.tar.gz'), force: true })
  await expectArchive(scene)
  expect(readdirSync(scene.home).filter((name) => name.endsWith('.part'))).toEqual([])
}

describeCrashes({
  verb: 'export',
  prepare: (scene) => {
    makeTwo(scene)
    return ['export', '-q', 'mine', 'other', '--to', '{home}/a.tar.gz']
  },
  done: expectArchive,
  recovers: async (scene) => {
    const file = join(scene.home, 'a.tar.gz')
    if (existsSync(file)) {
      await importArchive(storeOf(scene), { file, dryRun: true, maxSize: 1e9 })
    }
    await expectAgain(scene)
  },
})

describeCrashes({
  verb: 'export --force',
  prepare: (scene) => {
    makeTwo(scene)
    ok(stint(scene, ['export', '-q', 'mine', '--to', '{home}/a.tar.gz']))
    return ['export', '-q', 'mine', 'other', '--to', '{home}/a.tar.gz', '--force']
  },
  done: expectArchive,
  recovers: async (scene) => {
    // The old one or the new one, whole.
    const file = join(scene.home, 'a.tar.gz')
    const rows = await importArchive(storeOf(scene), { file, dryRun: true, maxSize: 1e9 })
    expect(rows.map(({ act }) => act)).toContain('known')
    await expectAgain(scene)
  },
})

function expectRestored(scene: Scene): void {
  const store = storeOf(scene)
  const id = rowOf(scene, 'mine')?.id as SessionId
  const entries = entriesOf(store, id)
  expect(entries.filter(({ data }) => data.event === 'unpacked')).toHaveLength(1)
  const file = join(store.dir, 'sessions', id, 'output/turn-0001/sub/f')
  expect(readFileSync(file, 'utf8')).toBe('3\n')
}

describeCrashes({
  verb: 'import of an archive',
  prepare: (scene) => {
    ok(stint(scene, ['run', '-q', '--name', 'mine', '--', 'sh', '-c', command]))
    ok(stint(scene, ['export', '-q', 'mine', '--to', './a.tar.gz']))
    rmSync(join(storeOf(scene).dir, 'sessions'), { recursive: true })
    return ['import', '-q', './a.tar.gz']
  },
  done: expectRestored,
  recovers: async (scene) => {
    const file = join(scene.project, 'a.tar.gz')
    await importArchive(storeOf(scene), { file, dryRun: false, maxSize: 1e9 })
    expectRestored(scene)
  },
})
