/** gzip, in both directions, as streams. */

import { ArchiveError } from './tar.ts'

/** The byte of a gzip file that names the system it was made on, and its value for none. */
const system = { at: 9, none: 255 }

/** Compresses blocks; the same ones give the same bytes wherever zlib is the same. */
export async function compress(
  blocks: Iterable<Buffer>,
  write: (bytes: Buffer) => void,
): Promise<void> {
  const { createGzip } = process.getBuiltinModule('node:zlib')
  const { pipeline, Readable } = process.getBuiltinModule('node:stream')
  const gzip = createGzip()
  // What goes wrong in it is thrown to who reads the end of it.
  pipeline(Readable.from(blocks), gzip, () => undefined)
  let at = 0
  for await (const chunk of gzip as AsyncIterable<Buffer>) {
    if (at <= system.at && system.at < at + chunk.length) chunk[system.at - at] = system.none
    at += chunk.length
    write(chunk)
  }
}

/** Decompresses chunks. Throws ArchiveError, and what the chunks throw. */
export async function* decompress(
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const { createGunzip } = process.getBuiltinModule('node:zlib')
  const { pipeline, Readable } = process.getBuiltinModule('node:stream')
  const gunzip = createGunzip({ chunkSize: 256 * 1024 })
  pipeline(Readable.from(chunks), gunzip, () => undefined)
  try {
    yield* gunzip
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (!/^Z_|^ERR_(?:STREAM_PREMATURE_CLOSE|PADDING|TRAILING)/.test(code ?? '')) throw error
    throw new ArchiveError(`gzip: ${message}`, { cause: error })
  }
}
