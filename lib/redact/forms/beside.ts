/** A name and its value in two cells, columns, or words of a sentence. */

/** How the names end that have their value in the next cell or word: a key alone is none. */
const ends = [
  ...[
    'i key',
    'i Key',
    'I key',
    'I Key',
    's key',
    's Key',
    't key',
    't Key',
    'iKey',
    'ikey',
    'sKey',
    'tKey',
  ],
  ...['_key', '_KEY', '-key', '-Key', 'oken', 'OKEN', 'ecret', 'ECRET', 'sword', 'SWORD', 'asswd'],
  ...['hrase', 'HRASE', 'ntial', 'ntials'],
]

/** The same with what stands behind them there: a name ends before the last character. */
export const besideEnds: readonly string[] = ends.flatMap((end) =>
  [' ', '\t', '|', '`', '*'].map((mark) => end + mark),
)

/** What may stand between a name and its value in two cells, columns, or words of a sentence. */
export const beside: RegExp = new RegExp(
  '(?<=(?<![\\w.-])((?:[a-z]{2,12} )?[\\w.-]{2,64}))["\'`*]{0,2}' +
    '(?:[ \\t]{0,40}[|\\u2502\\u2503\\u2551\\u203a\\u00bb][ \\t]{1,40}|[ \\t]{1,4}(?:->|[-\u2013\u2014\u2192])[ \\t]{1,4}|\\t{1,4}| {1,40}(?:(?:is|was|be|should|as|with|of|to|value|provided|given|used|received|found|created|generated)[: ] ?){0,2})' +
    '[*(<[]{0,2}(?=["\'`]?[^\\s|"\'`-][^\\s|"\'`]{7})',
  'iy',
)
