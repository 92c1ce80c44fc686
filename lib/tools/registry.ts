/** The tools that stint can speak to: a line each. */

import type { PrintingAdapter } from './adapter.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import { geminiCli } from './gemini-cli.ts'
import { opencode } from './opencode.ts'

export const adapters: readonly PrintingAdapter[] = [claudeCode, codex, geminiCli, opencode]

export const toolNames: readonly string[] = adapters.map(({ name }) => name)

export function findAdapter(name: string): PrintingAdapter | undefined {
  return adapters.find((adapter) => adapter.name === name)
}
