import { expect } from 'vitest'
import { stint } from './kit.ts'
import { describeCrashes, ok, rowOf } from './suite.ts'

describeCrashes({
  verb: 'rename',
  prepare: (scene) => {
    ok(stint(scene, ['run', '-q', '--name', 'before', '--', 'true']))
    return ['rename', '-q', 'before', 'after']
  },
  done: (scene) => expect(rowOf(scene, 'after')).toBeDefined(),
})

describeCrashes({
  verb: 'delete',
  prepare: (scene) => {
    ok(stint(scene, ['run', '-q', '--name', 'mine', '--', 'true']))
    return ['delete', '-q', 'mine']
  },
  done: (scene) => expect(rowOf(scene, 'mine')).toBeUndefined(),
})

describeCrashes({
  verb: 'trash restore',
  prepare: (scene) => {
    ok(stint(scene, ['run', '-q', '--name', 'mine', '--', 'true']))
    ok(stint(scene, ['delete', '-q', 'mine']))
    return ['trash', '-q', 'restore', 'mine']
  },
  done: (scene) => expect(rowOf(scene, 'mine')).toBeDefined(),
})
