/** A forest as lines of glyphs. */

export interface TreeLine<T> {
  readonly node: T
  /** What stands before the node: empty for a root. */
  readonly prefix: string
}

/** Every node in the order of reading, with the glyphs that show where it hangs. */
export function treeLines<T>(
  roots: readonly T[],
  childrenOf: (node: T) => readonly T[],
): TreeLine<T>[] {
  const lines: TreeLine<T>[] = []
  // A stack of its own: how deep the nodes hang is not ours to choose.
  const waiting = roots.map((node) => ({ node, prefix: '', indent: '' })).reverse()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    lines.push({ node: next.node, prefix: next.prefix })
    const children = childrenOf(next.node)
    for (let i = children.length - 1; i >= 0; i--) {
      const isLast = i === children.length - 1
      waiting.push({
        node: children[i] as T,
        prefix: `${next.indent}${isLast ? '└─ ' : '├─ '}`,
        indent: `${next.indent}${isLast ? '   ' : '│  '}`,
      })
    }
  }
  return lines
}
