/** Terminal styles, or none of them. */

export type Paint = (text: string) => string

export interface Style {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly green: Paint
  readonly yellow: Paint
  readonly cyan: Paint
}

/** Functions that style a text when `on`, and leave it alone otherwise. */
export function styleOf(on: boolean): Style {
  const paint =
    (open: number, close: number): Paint =>
    (text) =>
      on && text !== '' ? `\x1b[${open}m${text}\x1b[${close}m` : text
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  }
}

/** An id with its first `length` characters (those that tell it from the others) standing out. */
export function highlightPrefix(id: string, length: number, style: Style): string {
  return style.bold(style.cyan(id.slice(0, length))) + style.dim(id.slice(length))
}
