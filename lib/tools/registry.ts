/** The tools that stint can speak to: a line each. */

import type { BuiltInTool } from '../store/tool-config.ts'
import type { PrintingAdapter } from './adapter.ts'
import { aider } from './aider.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import { geminiCli } from './gemini-cli.ts'
import { opencode } from './opencode.ts'

const registry = {
  aider,
  'claude-code': claudeCode,
  codex,
  'gemini-cli': geminiCli,
  opencode,
} satisfies Record<BuiltInTool, PrintingAdapter>

export const adapters: readonly PrintingAdapter[] = Object.values(registry)

export function findAdapter(name: string): PrintingAdapter | undefined {
  return adapters.find((adapter) => adapter.name === name)
}
