import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { expect } from 'vitest'
import { listTrash } from '../../lib/index.ts'
import { statusOf } from '../support/inside.ts'
import { type Scene, stint, storeOf } from './kit.ts'
import { describeCrashes, ok, rowOf } from './suite.ts'

const day = 86_400_000

function makeOld(scene: Scene, name: string): void {
  ok(stint(scene, ['run', '-q', '--name', name, '--', 'echo', name], undefined, -40 * day))
}

/** All that is not where it was is in the log. */
function expectLogged(scene: Scene, act: 'trash' | 'purge', stays: boolean): void {
  const log = `${storeOf(scene).dir}/gc.log.jsonl`
  const acts = existsSync(log) ? readFileSync(log, 'utf8') : ''
  if (!stays) expect(acts).toContain(`"act":"${act}"`)
}

describeCrashes({
  verb: 'gc, to the trash',
  prepare: (scene) => {
    makeOld(scene, 'old')
    ok(stint(scene, ['run', '-q', '--name', 'young', '--', 'true']))
    return ['gc', '-q', '--older-than', '30d']
  },
  says: (scene) => expectLogged(scene, 'trash', rowOf(scene, 'old') !== undefined),
  done: (scene) => {
    expect(rowOf(scene, 'young')).toBeDefined()
    expect(rowOf(scene, 'old')).toBeUndefined()
    expect(listTrash(storeOf(scene))).toHaveLength(1)
  },
})

describeCrashes({
  verb: 'gc, out of the trash',
  prepare: (scene) => {
    makeOld(scene, 'gone')
    ok(stint(scene, ['run', '-q', '--name', 'young', '--', 'true']))
    ok(stint(scene, ['delete', '-q', 'gone']))
    return ['gc', '-q', '--trash-for', '0s']
  },
  removes: (scene) => listTrash(storeOf(scene)).map(({ id }) => id),
  says: (scene) => expectLogged(scene, 'purge', listTrash(storeOf(scene)).length > 0),
  done: (scene) => {
    expect(rowOf(scene, 'young')).toBeDefined()
    expect(readdirSync(`${storeOf(scene).dir}/trash`)).toEqual([])
  },
})

describeCrashes({
  verb: 'gc, of the store of a project that is gone',
  prepare: (scene) => {
    const gone = { ...scene, project: `${scene.project}/gone` }
    mkdirSync(gone.project)
    ok(stint(gone, ['run', '-q', '--name', 'mine', '--', 'true']))
    ok(stint(gone, ['delete', '-q', 'mine']))
    ok(stint(gone, ['trash', '-q', 'empty']))
    rmdirSync(gone.project)
    ok(stint(scene, ['run', '-q', '--name', 'other', '--', 'true']))
    return ['gc', '-q', '--all-projects', '--orphan-stores']
  },
  done: (scene) => {
    expect(rowOf(scene, 'other')).toBeDefined()
    expect(readdirSync(`${scene.home}/projects`)).toHaveLength(1)
  },
  recovers: async (scene) => {
    const argv = ['gc', '-q', '--all-projects', '--orphan-stores']
    expect(await statusOf(storeOf(scene), argv)).toBe(0)
    expect(readdirSync(`${scene.home}/projects`)).toHaveLength(1)
  },
})

describeCrashes({
  verb: 'project move',
  prepare: (scene) => {
    const old = { ...scene, project: `${scene.project}/old` }
    mkdirSync(old.project)
    ok(stint(old, ['run', '-q', '--name', 'one', '--', 'true']))
    return ['project', '-q', 'move', old.project, scene.project]
  },
  done: (scene) => {
    expect(rowOf(scene, 'one')?.project_path).toBe(scene.project)
  },
})
