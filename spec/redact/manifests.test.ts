import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'

const word = ['hunter', 'two'].join('')
const encoded = Buffer.from(word).toString('base64')
const marker = '[REDACTED:secret]'

/** Where each of its values stands as W, a word, or E, the same in base64. */
const filled = (text: string) => text.replaceAll('W', word).replaceAll('E', encoded)
const redacted = (text: string) => text.replace(/[WE]/g, marker)

describe('the values of a Secret', () => {
  const printed = 'apiVersion: v1\ndata:\n  a: E\n  b.c: "E"\nkind: Secret\nmetadata:\n  name: x\n'
  const manifests: readonly (readonly [kind: string, text: string])[] = [
    ['a file', 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: x\nstringData:\n  a: W\n  b: W\n'],
    ['what kubectl prints', printed],
    [
      'a list of them',
      'apiVersion: v1\nitems:\n- apiVersion: v1\n  data:\n    a: E\n  kind: Secret\n- apiVersion: v1\n  data:\n    a: E\n  kind: Secret\nkind: List\n',
    ],
    [
      'a block',
      'kind: Secret\napiVersion: v1\nstringData:\n  a: |\n    W\n    W\n  c: W\ntype: Opaque\n',
    ],
    ['two files', 'kind: Secret\ndata:\n  a: E\n---\nkind: ConfigMap\ndata:\n  a: plain\n'],
    ['numbered lines', '     1\u2192kind: Secret\n     2\u2192data:\n     3\u2192  a: E\n'],
    ['a diff', '+kind: Secret\n+stringData:\n+  a: W\n'],
    ['lines that end in CR', 'kind: Secret\r\ndata:\r\n  a: E\r\n'],
  ]
  for (const [kind, text] of manifests) {
    const whole = `first\n${text}last`

    it(`are taken out of ${kind}, however the lines come`, () => {
      const expected = redacted(whole)
      expect(createRedactor().text(filled(whole)).value).toBe(expected)
      const lines = filled(whole).split('\n')
      for (let at = 1; at < lines.length; at++) {
        const stream = createRedactor().openStream()
        const blocks = [lines.slice(0, at), lines.slice(at)].map((some) => some.join('\n'))
        expect(blocks.map((block) => stream.lines(block).value).join('\n')).toBe(expected)
      }
    })
  }

  it('are taken out of JSON, whether it says before or after them what it is', () => {
    for (const text of [
      '{"kind":"Secret","data":{"a":"E"}}',
      '{"apiVersion":"v1","data":{"a":"E","ca.crt":"abc"},"kind":"Secret"}',
      '{"items":[{"stringData":{"a":"W"},"kind":"Secret"},{"data":{"a":"plain"},"kind":"ConfigMap"}]}',
    ]) {
      expect(createRedactor().text(filled(text)).value).toBe(redacted(text))
      expect(createRedactor().json(JSON.parse(filled(text))).value).toEqual(
        JSON.parse(redacted(text)),
      )
    }
  })

  it('are taken out of a whole text where words stand before what it is', () => {
    const text = printed.replaceAll('E', 'W')
    expect(createRedactor().text(filled(text)).value).toBe(redacted(text))
  })

  it('stay where they are no secrets', () => {
    for (const text of [
      'apiVersion: v1\nkind: Secret\ndata:\n  ca.crt: abcdefgh\n  namespace: abcdefgh\n  a: ""\n  b: {{ .Values.b }}\n  c: $(C)\n  d: <d>\n',
      'apiVersion: v1\ndata:\n  level: info\n  path: /etc/passwd\n  name: staging8\nkind: ConfigMap\n',
      'apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  data:\n    a: b1c2d3e4\n',
      'A manifest with\n  kind: Secret\nhas data:\n  a: word\n',
      'kind: Secret\nmetadata:\n  name: x\n  labels:\n    app: y\ntype: Opaque\n',
      '{"kind":"Secret","metadata":{"name":"x"},"data":{"a":"$A","tls.crt":"abc"}}',
    ]) {
      expect(createRedactor().text(text)).toEqual({ value: text, counts: undefined })
    }
  })
})
