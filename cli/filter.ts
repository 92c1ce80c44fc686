/** Standard input to standard output without the secrets, as it comes. */

import type { Readable, Writable } from 'node:stream'
import { StringDecoder } from 'node:string_decoder'
import { OutputClosed, type Redactor } from '../lib/index.ts'
import type { Context } from './context.ts'

/**
 * Passes text on until it ends or a signal comes; what was held back for want of a line's end is
 * passed on then, too. A slow reader slows the writer. Throws OutputClosed when the reader left.
 */
export async function filter(context: Context, redactor: Redactor): Promise<void> {
  const { stdin, stdout, signal } = context
  const stream = redactor.openStream()
  const decoder = new StringDecoder('utf8')
  const stop = () => stdin.destroy()
  stdout.once('close', stop)
  for await (const chunk of readUntil(stdin, signal)) {
    await pass(stdout, stream.write(decoder.write(chunk)).value)
  }
  await pass(stdout, stream.write(decoder.end()).value + stream.end().value)
  stdout.off('close', stop)
  signal.throwIfAborted()
}

/** What a stream gives until it ends, or until a signal comes. */
export async function* readUntil(stream: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  const stop = () => stream.destroy()
  signal.addEventListener('abort', stop)
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } catch (error) {
    // Nobody reads any more, or a signal came: the stream was ended from here.
    if (!stream.destroyed || stream.errored !== null) throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/** Writes a text and waits until it was taken. */
async function pass(to: Writable, text: string): Promise<void> {
  if (text === '') return
  await new Promise<void>((resolve, reject) => {
    to.write(text, (error: NodeJS.ErrnoException | null | undefined) => {
      if (!error) resolve()
      else reject(isClosed(error) ? new OutputClosed(error.code, { cause: error }) : error)
    })
  })
}

function isClosed({ code }: NodeJS.ErrnoException): boolean {
  return code === 'EPIPE' || code === 'EBADF' || code === 'ERR_STREAM_DESTROYED'
}
