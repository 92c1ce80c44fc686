import { listTools, readConfig, readToolMemory } from '../../lib/index.ts'
import type { Handler } from '../command.ts'
import { bytes } from '../render/amount.ts'
import { printTable } from '../render/table.ts'
import { homeOf, storeOf } from '../session.ts'

/** Lists the agents that stint knows. */
export const handler: Handler = async (invocation, context) => {
  const config = readConfig(context.env, homeOf(context))
  for (const warning of config.warnings) context.out.warn(warning)
  const tools = await listTools(config.tools, context.env.PATH, context.cwd)
  const memory = readToolMemory(storeOf(invocation, context))
  if (context.json) {
    context.out.json(tools.map((tool) => ({ ...tool, memory: memory.get(tool.name) ?? null })))
    return 0
  }
  const heads = ['TOOL', 'VERSION', 'RESUME', 'FORK', 'COMPACT', 'MEMORY', 'PROGRAM']
  const sign = (can: boolean) => (can ? 'yes' : 'no')
  await printTable(
    context,
    heads.map((head) => ({ head, shrink: head === 'PROGRAM', keep: head === 'VERSION' })),
    ({ bold, dim }) =>
      tools.map(({ name, version, supports, program, path }) => [
        { text: name, paint: bold },
        path === null ? { text: 'not found', paint: dim } : (version ?? 'unknown'),
        sign(supports.resume),
        sign(supports.fork),
        sign(supports.compact),
        memoryText(memory.get(name)?.p95_bytes),
        { text: path ?? program, paint: dim },
      ]),
  )
  return 0
}

/** What 95 of 100 turns stay below. */
function memoryText(p95: number | undefined): string {
  return p95 === undefined ? '' : bytes(p95)
}
