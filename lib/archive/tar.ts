/** The members of a tar file, each a plain file whose head could not be written in another way. */

import { loadTar } from '../os/packages.ts'

export interface Member {
  readonly path: string
  readonly size: number
  readonly mode: number
  /** In seconds since 1970. */
  readonly mtime: number
}

/** What is wrong with the bytes of an archive. */
export class ArchiveError extends Error {}

const block = 512

/** What a head may say in pax: a path, and a size. */
const longestPax = 16 * 1024

/** A tar file of members, each with as many bytes as it says. */
export function* formatTar(
  members: Iterable<{ readonly member: Member; readonly content: Iterable<Buffer> }>,
): Generator<Buffer> {
  for (const { member, content } of members) {
    yield formatHead(member)
    yield* content
    yield Buffer.alloc(paddingOf(member.size))
  }
  yield Buffer.alloc(2 * block)
}

function formatHead({ path, size, mode, mtime }: Member): Buffer {
  const { Header, Pax } = loadTar()
  const time = new Date(mtime * 1000)
  const header = new Header({ path, size, mode, mtime: time, uid: 0, gid: 0, type: 'File' })
  const head = Buffer.alloc(block)
  return header.encode(head) ? Buffer.concat([new Pax({ path, size }).encode(), head]) : head
}

function paddingOf(size: number): number {
  return (block - (size % block)) % block
}

/**
 * The members of a tar file. The content of each has to be read to its end before the next.
 *
 * A head is read and written again, and has to come out the same: so there is no link, no device, no
 * hole and no name that one reader sees in another way than the next. Throws ArchiveError.
 */
export async function* readTar(
  chunks: AsyncIterable<Buffer>,
): AsyncGenerator<{ readonly member: Member; readonly content: AsyncIterable<Buffer> }> {
  const bytes = new Bytes(chunks)
  for (;;) {
    const member = await readHead(bytes)
    if (member === undefined) break
    yield { member, content: bytes.pieces(member.size) }
    await expectZeros(bytes, paddingOf(member.size))
  }
  await expectZeros(bytes, block)
  if (!(await bytes.isAtEnd())) throw new ArchiveError('something follows its end')
}

async function readHead(bytes: Bytes): Promise<Member | undefined> {
  const { Pax } = loadTar()
  const first = await bytes.take(block)
  let head = first
  let header = parseHead(first)
  if (header.nullBlock) return undefined
  let extended: { readonly path?: string; readonly size?: number } = {}
  if (header.type === 'ExtendedHeader') {
    const size = header.size ?? 0
    if (size > longestPax) throw new ArchiveError(`a head of ${size} bytes`)
    const body = await bytes.take(size + paddingOf(size))
    const next = await bytes.take(block)
    extended = Pax.parse(body.toString('utf8', 0, size))
    head = Buffer.concat([first, body, next])
    header = parseHead(next)
  }
  const { size = header.size ?? 0, path = header.path ?? '' } = extended
  const { mode = 0, mtime } = header
  const member = { path, size, mode, mtime: Math.floor((mtime?.getTime() ?? 0) / 1000) }
  if (!isWritten(member, head)) {
    throw new ArchiveError(`${JSON.stringify(path)} has a head as stint writes none`)
  }
  return member
}

function parseHead(bytes: Buffer): InstanceType<ReturnType<typeof loadTar>['Header']> {
  try {
    return new (loadTar().Header)(bytes)
  } catch (error) {
    throw new ArchiveError('a head that cannot be read', { cause: error })
  }
}

/** Whether a head is what stint writes for such a member. */
function isWritten(member: Member, head: Buffer): boolean {
  // Other numbers cannot be written.
  const numbers = [member.size, member.mode, member.mtime]
  return numbers.every(Number.isSafeInteger) && formatHead(member).equals(head)
}

async function expectZeros(bytes: Bytes, length: number): Promise<void> {
  if ((await bytes.take(length)).some((byte) => byte !== 0)) {
    throw new ArchiveError('there is something between its members')
  }
}

/** Chunks of any size, taken in other sizes. */
class Bytes {
  readonly #chunks: AsyncIterator<Buffer>
  #held: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async take(length: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for await (const piece of this.pieces(length)) pieces.push(piece)
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
  }

  async *pieces(length: number): AsyncGenerator<Buffer> {
    for (let left = length; left > 0; ) {
      if (await this.isAtEnd()) throw new ArchiveError('it ends too early')
      const piece = this.#held.subarray(0, left)
      this.#held = this.#held.subarray(piece.length)
      left -= piece.length
      yield piece
    }
  }

  async isAtEnd(): Promise<boolean> {
    while (this.#held.length === 0) {
      const { done, value } = await this.#chunks.next()
      if (done) return true
      this.#held = value
    }
    return false
  }
}
