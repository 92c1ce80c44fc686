import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { type Benign, benignTexts } from './benign.ts'

const texts = benignTexts(20)

describe('texts without secrets', () => {
  it('are many, and the same ones each time', () => {
    expect(texts.length).toBeGreaterThan(5000)
    expect(benignTexts(20)).toEqual(texts)
  })

  it('are left as they are', () => {
    const redactor = createRedactor()
    expect(
      changed((text) => {
        const { value, counts } = redactor.text(text)
        return counts === undefined && value === text
      }),
    ).toEqual([])
  })

  it('are left as they are in the lines of a transcript', () => {
    const stream = createRedactor().openStream()
    expect(
      changed((text) => {
        const line = JSON.stringify({ type: 'output', text })
        const { value, counts } = stream.lines(line)
        return counts === undefined && value === line
      }),
    ).toEqual([])
  })
})

/** What was not left alone, with enough of it to know it by. */
function changed(isLeft: (text: string) => boolean): Benign[] {
  return texts
    .filter(({ text }) => !isLeft(text))
    .map(({ kind, text }) => ({ kind, text: text.slice(0, 200) }))
}
