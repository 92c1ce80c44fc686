/** The tools that stint can speak to: a line each. */

import type { Adapter } from './adapter.ts'
import { claudeCode } from './claude-code.ts'
import { codex } from './codex.ts'
import { geminiCli } from './gemini-cli.ts'
import { opencode } from './opencode.ts'

export const adapters: readonly Adapter[] = [claudeCode, codex, geminiCli, opencode]

export const toolNames: readonly string[] = adapters.map(({ name }) => name)

export function findAdapter(name: string): Adapter | undefined {
  return adapters.find((adapter) => adapter.name === name)
}
