/** Texts that stand where a secret would. */

const shapes =
  /\[REDACTED|\$\{|\*{3}|\.{3}|…|x{4}|X{4}|^[xX]+$|your|example|placeholder|change_?-?me|dummy|insert|\(\?[:=!]|^&lt;/i

/** What documentation says instead of a password. */
export function isPasswordWord(text: string): boolean {
  return /^(?:pass|password|passwd|pwd|secret|token|xyz|pw|x-oauth-basic|\\w\+|passwort|wachtwoord|contrase[ñn]a|senha)\]?$/i.test(
    text,
  )
}

/** Whether it only shows where a secret goes: a variable, `<token>`, `your-...`, `xxxx`, a marker. */
export function isPlaceholder(text: string): boolean {
  const near = text.length > 80 ? text.slice(0, 80) : text
  return shapes.test(near) || isSlot(near)
}

/** A variable, a tag, a pattern: what begins like one, unless letters and digits change as in none. */
function isSlot(text: string): boolean {
  if (!/^[$<%*{[!]/.test(text)) return false
  const runs = text.match(/[a-z]+|[A-Z]+|[0-9]+/g) ?? []
  const isRandom = text.length >= 12 && 5 * runs.length >= 2 * text.length && /[0-9]/.test(text)
  return !isRandom || /[\]}>)%]$|A-Z|a-z|0-9|^\$[0-9]/.test(text)
}
