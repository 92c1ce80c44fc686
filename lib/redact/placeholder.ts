/** Texts that stand where a secret would. */

const shapes =
  /\[REDACTED|\$\{|^[$<%*{[]|\*{3}|\.{3}|…|x{4}|X{4}|^[xX]+$|your|example|placeholder|change_?-?me|dummy|insert|\(\?[:=!]|^!/i

/** What documentation says instead of a password. */
export function isPasswordWord(text: string): boolean {
  return /^(?:pass|password|passwd|pwd|secret|token|xyz|pw|x-oauth-basic|\\w\+)$/i.test(text)
}

/** Whether it only shows where a secret goes: a variable, `<token>`, `your-...`, `xxxx`, a marker. */
export function isPlaceholder(text: string): boolean {
  return shapes.test(text.length > 80 ? text.slice(0, 80) : text)
}
