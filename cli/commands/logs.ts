import { followTranscript, type Reading, readTranscript } from '../../lib/index.ts'
import { refuseTogether } from '../argv.ts'
import { count, flag, given, type Handler, list, text } from '../command.ts'
import { entryPrinter } from '../render/entry.ts'
import { styleOf } from '../render/style.ts'
import { resolveFirst } from '../session.ts'

/** How much is put together before it is written, in characters. */
const batch = 64 * 1024

/** Prints a session's transcript. */
export const handler: Handler = async (invocation, context) => {
  refuseTogether(invocation, 'json', 'raw')
  refuseTogether(invocation, 'json', 'follow')
  const { store, id } = resolveFirst(invocation, context)
  const query = given({
    tail: count(invocation, 'tail'),
    types: list(invocation, 'type'),
    turn: count(invocation, 'turn'),
  })
  if (context.json) {
    const entries = [...readTranscript(store, id, query)].map(({ entry }) => entry)
    context.out.json(entries.filter((entry) => entry !== undefined))
    return 0
  }

  const print = flag(invocation, 'raw')
    ? ({ line }: Reading) => `${line.text}\n`
    : entryPrinter(styleOf(context.color.stdout))
  if (!flag(invocation, 'follow')) {
    let waiting = ''
    for (const reading of readTranscript(store, id, query)) {
      waiting += print(reading)
      if (waiting.length >= batch) {
        context.out.data(waiting)
        waiting = ''
      }
    }
    context.out.data(waiting)
    return 0
  }

  const { signal } = context
  const forever = text(invocation, 'follow') === 'forever'
  for await (const reading of followTranscript(store, id, { ...query, forever, signal })) {
    context.out.data(print(reading))
  }
  // Who has seen enough knows it.
  return signal.aborted ? 130 : 0
}
