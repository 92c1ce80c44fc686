/**
 * Files and directories.
 *
 * All calls but those that say so are synchronous: on a warm cache they are several times faster than
 * asynchronous ones, and a change of a session is over before anything else of this process runs. Every
 * errno becomes a Failure that names the path.
 */

export { errnoOf, isMissing, toFailure } from './disk/call.ts'
export * from './disk/facts.ts'
export * from './disk/file-system.ts'
export * from './disk/read.ts'
export * from './disk/tree.ts'
export * from './disk/write.ts'
