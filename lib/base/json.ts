/** JSON that is perhaps none, and values that nest deeper than JSON.stringify goes. */

/** The value of a JSON text, or undefined where it is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/** As JSON.stringify; what nests too deep for it is written all the same, without indentation. */
export function formatJson(value: unknown, indent = 0): string {
  try {
    return JSON.stringify(value, null, indent)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return formatDeep(value)
  }
}

/** With a stack of its own. */
function formatDeep(value: unknown): string {
  let text = ''
  const waiting: (string | { readonly value: unknown })[] = [{ value }]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === 'string') {
      text += next
      continue
    }
    const shown = ownForm(next.value)
    if (typeof shown !== 'object' || shown === null) {
      text += JSON.stringify(shown) ?? 'null'
      continue
    }
    const isList = Array.isArray(shown)
    const members = Object.entries(shown).filter(([, inner]) => isList || inner !== undefined)
    text += isList ? '[' : '{'
    waiting.push(isList ? ']' : '}')
    for (const [at, [key, inner]] of [...members.entries()].reverse()) {
      const comma = at === 0 ? '' : ','
      waiting.push({ value: inner }, isList ? comma : `${comma}${JSON.stringify(key)}:`)
    }
  }
  return text
}

function ownForm(value: unknown): unknown {
  const { toJSON } = (value ?? {}) as { readonly toJSON?: unknown }
  return typeof toJSON === 'function' ? toJSON.call(value) : value
}
