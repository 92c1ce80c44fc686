/** Session ids: ULIDs as directory names. */

/** 26 upper-case Crockford characters below 2^128; nothing else names a session's directory. */
export type SessionId = string & { readonly __brand: 'SessionId' }

/** Whether `text` is a whole id in its canonical form. */
export function isSessionId(text: string): text is SessionId {
  return (
    typeof text === 'string' && text.length === 26 && /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)
  )
}

/** What a message calls a value that should have been an id or another text. */
export function nameOf(value: unknown): string {
  return typeof value === 'string' ? value : value === null ? 'null' : typeof value
}

/** Upper case, with `I L O` read as `1 1 0`, as Crockford's alphabet says. */
export function normaliseId(text: string): string {
  return text.toUpperCase().replace(/[IL]/g, '1').replaceAll('O', '0')
}

/** The instant in an id's first ten characters, in ms since 1970. */
export function idTime(id: SessionId): number {
  let at = 0
  for (const char of id.slice(0, 10)) {
    at = at * 32 + '0123456789ABCDEFGHJKMNPQRSTVWXYZ'.indexOf(char)
  }
  return at
}
