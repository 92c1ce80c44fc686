import { listArtifacts, readSession } from '../../lib/index.ts'
import type { Handler } from '../command.ts'
import { bytes } from '../render/amount.ts'
import { styleOf } from '../render/style.ts'
import { table } from '../render/table.ts'
import { resolveFirst } from '../session.ts'

/** Lists the files under a session's output directory. */
export const handler: Handler = async (invocation, context) => {
  const { store, id } = resolveFirst(invocation, context)
  const { dir } = readSession(store, id)
  const artifacts = listArtifacts(dir)
  if (context.json) context.out.json(artifacts)
  else if (artifacts.length === 0) context.out.talk('no artifacts')
  else {
    context.out.data(
      await table(
        [{ head: 'SIZE', align: 'right' }, { head: 'PATH' }],
        artifacts.map(({ path, size_bytes }) => [bytes(size_bytes), `${dir}/output/${path}`]),
        // A path that is cut is none.
        { width: undefined, heads: styleOf(context.color.stdout).dim },
      ),
    )
  }
  return 0
}
