import { expect } from 'vitest'
import { stint } from './kit.ts'
import { describeCrashes, ok, outputOf, rowOf } from './suite.ts'

const tool = ['--', 'sh', '-c', 'echo one; echo two >&2; echo three']

describeCrashes({
  verb: 'run',
  starts: true,
  prepare: (scene) => {
    ok(stint(scene, ['run', '-q', '--name', 'older', '--', 'true']))
    return ['run', '-q', '--name', 'newer', '--id-file', `${scene.project}/id`, ...tool]
  },
  done: (scene) => {
    expect(outputOf(scene, 'newer')).toEqual(['one', 'three', 'two'])
    expect(rowOf(scene, 'newer')?.outcome).toBe('success')
  },
})

describeCrashes({
  verb: 'resume',
  starts: true,
  prepare: (scene) => {
    ok(stint(scene, ['run', '-q', '--name', 'mine', '--', 'echo', 'zero']))
    return ['resume', '-q', 'mine', ...tool]
  },
  done: (scene) => {
    expect(outputOf(scene, 'mine')).toEqual(['one', 'three', 'two', 'zero'])
    expect(rowOf(scene, 'mine')?.turn).toBe(2)
  },
})
