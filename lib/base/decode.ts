/** Unknown values to typed ones; an error names the place. */

/** A value that does not have the expected shape. */
export class DecodeError extends Error {}

type Table = Readonly<Record<string, unknown>>

/** A table or JSON object. */
export function decodeTable(value: unknown, where: string): Table {
  if (isTable(value)) return value
  throw new DecodeError(`${where} is not a table`)
}

/** Whether it is a table or JSON object: no array, no date. */
export function isTable(value: unknown): value is Table {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  )
}

/** Whether it is a list of texts. */
export function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
}

/** The text of a key, or undefined when the key is absent. */
export function decodeText(table: Table, key: string, where: string = key): string | undefined {
  const value = table[key]
  if (value === undefined || typeof value === 'string') return value
  throw new DecodeError(`${where} is not a text`)
}

/** The safe integer of a key, or undefined when the key is absent. */
export function decodeInteger(table: Table, key: string, where: string = key): number | undefined {
  const value = table[key]
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new DecodeError(`${where} is not an integer below 2^53`)
}

/** The finite number of a key, or undefined when the key is absent. */
export function decodeNumber(table: Table, key: string, where: string = key): number | undefined {
  const value = table[key]
  if (value === undefined) return undefined
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new DecodeError(`${where} is not a number`)
}

/** The boolean of a key, or undefined when the key is absent. */
export function decodeBoolean(table: Table, key: string, where: string = key): boolean | undefined {
  const value = table[key]
  if (value === undefined || typeof value === 'boolean') return value
  throw new DecodeError(`${where} is neither true nor false`)
}

/** Given that it is present: throws a DecodeError that names it as missing otherwise. */
export function present<T>(value: T | undefined, where: string): T {
  if (value !== undefined) return value
  throw new DecodeError(`${where} is missing`)
}
