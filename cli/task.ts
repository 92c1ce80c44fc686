/** What a command line wants run. */

import {
  decodePrompt,
  Failure,
  isTerminal,
  type Resolved,
  readPrompt,
  readSession,
  type Settings,
  splitWords,
  type Task,
} from '../lib/index.ts'
import { misused, quote } from './argv.ts'
import { duration, flag, type Invocation, text } from './command.ts'
import type { Context } from './context.ts'
import { pathOf } from './session.ts'

/** The command after --, or a prompt for a tool; `known` is the session that goes on. */
export async function taskOf(
  invocation: Invocation,
  context: Context,
  settings: Settings,
  known: Resolved | undefined,
): Promise<Task> {
  const { verb, command, positionals } = invocation
  if (verb.name === 'compress') return { kind: 'compact' }
  const words = verb.name === 'resume' ? positionals.slice(1) : [...positionals]
  const file = text(invocation, 'prompt-file') ?? (words[0] === '-' ? words.shift() : undefined)
  if (command !== undefined && (words.length > 0 || file !== undefined)) {
    const prompt = words[0] === undefined ? 'a prompt' : `the prompt ${quote(words[0])}`
    throw misused(verb, `${prompt} and a command after -- exclude each other`)
  }
  if (words.length > 0 && file !== undefined) {
    throw misused(verb, 'PROMPT and --prompt-file exclude each other')
  }
  const interactive = flag(invocation, 'interactive')
  if (interactive && !(isTerminal(0) && isTerminal(1))) {
    throw misused(verb, '--interactive needs a terminal')
  }
  if (interactive && duration(invocation, 'idle-timeout') !== undefined) {
    throw misused(verb, '--idle-timeout is for a turn that is done without you')
  }
  const agent = text(invocation, 'acp')
  const agentWords = agent === undefined ? [] : splitWords(agent)
  if (agentWords === undefined) {
    throw misused(verb, '--acp has a quote that is not closed, or ends in a backslash')
  }
  const acp = agent === undefined ? {} : { tool: 'acp', acp: agentWords }
  const named = text(invocation, 'tool')
  if (agent !== undefined && named !== undefined && named !== 'acp') {
    throw misused(verb, `--acp is an agent of its own, and no --tool ${named}`)
  }
  const asked = { ...acp, ...(named === undefined ? {} : { tool: named }) }
  const permission = text(invocation, 'permission') as Settings['permission'] | undefined
  if (permission !== undefined && (interactive || command !== undefined)) {
    throw misused(verb, '--permission is for a prompt that is done without you')
  }
  if (command !== undefined) return { kind: 'command', argv: command, interactive, ...asked }

  // A session has a tool of its own, and a fork that of its source.
  const hasTool = known !== undefined || (verb.name === 'run' && text(invocation, 'fork'))
  const usual = hasTool || settings.tool === undefined ? {} : { tool: settings.tool }
  const tool = { ...usual, ...asked }
  const prompt = file === undefined ? words[0] : await promptIn(file, context)
  const isForTool = hasTool || tool.tool !== undefined
  if (interactive && isForTool) {
    return { kind: 'interactive', ...tool, ...(prompt === undefined ? {} : { prompt }) }
  }
  if (prompt === undefined) {
    // Of a plain command one would think that it can be run again.
    if (tool.tool === undefined && known && readSession(known.store, known.id).tool === 'command') {
      throw new Failure('COMMAND_NEEDED', { id: known.id })
    }
    throw misused(
      verb,
      'there is nothing to run: give a prompt, with - as standard input, or a command after --',
    )
  }
  if (!isForTool) {
    throw misused(verb, 'a prompt needs --tool, or `tool` in the config; put -- before a command')
  }
  if (prompt.trim() === '') throw misused(verb, 'the prompt is empty')
  return {
    kind: 'prompt',
    prompt,
    permission: permission ?? settings.permission,
    mustPermit: permission !== undefined,
    ...tool,
  }
}

/** As much as of a file, in bytes: what never ends is not to take all memory first. */
const longestPrompt = 16 * 1024 * 1024

async function promptIn(file: string, context: Context): Promise<string> {
  if (file !== '-') return readPrompt(pathOf(context, file))
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of context.stdin) {
    chunks.push(chunk)
    size += chunk.length
    if (size > longestPrompt) {
      throw new Failure('USAGE', { problem: 'the prompt in standard input is longer than 16 MiB' })
    }
  }
  return decodePrompt(Buffer.concat(chunks), 'standard input')
}
