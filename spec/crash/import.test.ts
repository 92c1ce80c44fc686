import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { listSessions } from '../../lib/index.ts'
import { codexRecords, ids, linesOf } from '../import/stored.ts'
import { storeOf } from './kit.ts'
import { describeCrashes } from './suite.ts'

describeCrashes({
  verb: 'import',
  prepare: (scene) => {
    const dir = join(scene.project, '.codex/sessions/2026/02/06')
    mkdirSync(dir, { recursive: true })
    const text = linesOf(codexRecords(scene.project))
    writeFileSync(join(dir, `rollout-2026-02-06T10-00-00-${ids.codex}.jsonl`), text)
    return ['import', '-q', 'codex']
  },
  done: (scene) => {
    const { rows } = listSessions(storeOf(scene))
    expect(rows).toMatchObject([{ turn: 2, outcome: 'unknown', tools: ['codex'] }])
  },
})
