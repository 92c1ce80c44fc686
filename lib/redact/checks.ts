/** What the bodies of tokens have, beyond their letters and lengths. */

/** Whether a body is that of a token. */
export type Check = (body: string) => boolean

/** The whole of it matches. */
export function shape(pattern: RegExp): Check {
  return (body) => pattern.test(body)
}

export const uuid: Check = shape(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)

export function onePad(body: string): boolean {
  return /^[A-Za-z0-9+/]{6}=$/.test(body)
}

export function twoPads(body: string): boolean {
  return /^[A-Za-z0-9+/]{6}==$/.test(body)
}

/** 32 bytes in base64, as addresses have them. */
export function sas(body: string): boolean {
  return /^[\w%+/-]{40,60}(?:=|%3D)$/i.test(body)
}

/** What follows `1/`: a token of Google's or of Transifex, or a user id and a key of Asana's. */
export function slashed(body: string): boolean {
  return (
    /^(?:[0-9]{10,20}\/)?[0-9]{10,20}:[0-9a-f]{32}$/.test(body) ||
    (/^[\w-]{40,45}$/.test(body) && blob(body))
  )
}

/** What an account, a tunnel and its secret look like after `{"a":"`. */
export function tunnel(body: string): boolean {
  const text = Buffer.from(`eyJhIjoi${body}`, 'base64').toString('latin1')
  return text.includes('"t":"') && text.includes('"s":"')
}

/** Letters and digits: words and numbers alone are names of things. */
export function mixed(body: string): boolean {
  return /[0-9]/.test(body) && /[A-Za-z]/.test(body)
}

/** Hexadecimal digits, some of them letters. */
export function hexish(body: string): boolean {
  return /^[0-9a-f-]*$/.test(body) && mixed(body)
}

/** A uuid, or the 28 characters that Conduit has after the same word. */
export function apiKey(body: string): boolean {
  return uuid(body) || (body.length === 28 && base36(body))
}

/** Small letters and digits. */
export function base36(body: string): boolean {
  return /^[0-9a-z]*$/.test(body) && mixed(body)
}

/** Letters of both cases and digits in the shares that chance gives them, and no name does. */
export function scrambled(body: string): boolean {
  const part = body.slice(0, 64)
  const least = part.length / 5
  return /[0-9]/.test(part) && count(part, /[A-Z]/g) >= least && count(part, /[a-z]/g) >= least
}

function count(text: string, pattern: RegExp): number {
  return text.match(pattern)?.length ?? 0
}

/** What chance makes: hexadecimal, or in letters of both cases. */
export function blob(body: string): boolean {
  return hexish(body) || scrambled(body)
}

/** What follows `sk-`: at most a few short words, then a key. */
export function skDash(body: string): boolean {
  const key = /^(?:[a-z0-9]{1,10}-){0,3}([A-Za-z0-9_]{20,})/.exec(body)?.[1]
  return (
    body.includes('T3BlbkFJ') ||
    scrambled(body) ||
    (key !== undefined ? mixed(key) : endsInUuid(body))
  )
}

export function skWord(body: string): boolean {
  // Names in OpenSSL: of a type, and of what is done with a stack of them.
  if (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*(?:_[a-z]+)+$/.test(body)) return false
  const key =
    /^(?:[a-z0-9]{1,10}_){0,3}([A-Za-z0-9]{20,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/.exec(
      body,
    )?.[1]
  return scrambled(body) || (key !== undefined && mixed(key))
}

function endsInUuid(body: string): boolean {
  return uuid(body.slice(-36))
}

/** What is no picture or program in base64, where the same letter comes again and again. */
export function unrepeated(body: string): boolean {
  return scrambled(body) && !/(.)\1{2}/.test(body)
}

export function base58(body: string): boolean {
  return scrambled(body) && !/[0OIl]/.test(body)
}

export function likely(body: string): boolean {
  return mixed(body) || /^[\w-]{20,}$/.test(body)
}

/** Two hexadecimal numbers of a Harness token, or what stands for them, after the account. */
export function harness(body: string): boolean {
  return /^[\w-]{18,24}\.[A-Za-z0-9]{20,26}\.[A-Za-z0-9]{16,24}$/.test(body) && mixed(body)
}

/** 35 hexadecimal digits are no hash, which names of tests end with. */
export function testing(body: string): boolean {
  return body.length === 35 ? blob(body) : scrambled(body)
}

export function resend(body: string): boolean {
  return /^(?:[A-Za-z0-9]{6,10}_[A-Za-z0-9]{18,36}|[A-Za-z0-9]{28,36})$/.test(body) && mixed(body)
}

export function discord(body: string): boolean {
  return /^[\w-]{19,26}\.[\w-]{5,8}\.[\w-]{25,42}$/.test(body) && mixed(body)
}

export function databricks(body: string): boolean {
  return /^[A-Za-z0-9]{32,36}(?:-[0-9]{1,2})?$/.test(body) && mixed(body)
}

export function bitwarden(body: string): boolean {
  return /^[0-9a-f-]{36}\.[A-Za-z0-9]{30}:[A-Za-z0-9+/]{22}==$/.test(body)
}

export function rapid(body: string): boolean {
  return /^[0-9a-z]{14,16}p1[0-9a-z]{5,7}jsn[0-9a-z]{11,13}$/.test(body)
}

/** Whether it is the header of a JWS or a JWE, and something comes after it. */
export function jose(token: string): boolean {
  const dot = token.indexOf('.')
  if (dot < 11 || dot > 4096 || dot + 4 > token.length) return false
  const header = Buffer.from(token.slice(0, dot), 'base64url').toString('latin1')
  return /"(?:alg|enc|typ|kid)" {0,2}:/.test(header)
}
