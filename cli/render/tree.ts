/** A forest as lines of glyphs. */

export interface TreeLine<T> {
  readonly node: T
  /** What stands before the node: empty for a root. */
  readonly prefix: string
}

/** So many levels are drawn: a line for each of a thousand levels is too long to be read. */
const deepest = 64

/** Every node in the order of reading, with the glyphs that show where it hangs; far down only its depth. */
export function treeLines<T>(
  roots: readonly T[],
  childrenOf: (node: T) => readonly T[],
): TreeLine<T>[] {
  const lines: TreeLine<T>[] = []
  // A stack of its own: how deep the nodes hang is not ours to choose.
  const waiting = roots.map((node) => ({ node, prefix: '', indent: '', depth: 1 })).reverse()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    lines.push({ node: next.node, prefix: next.prefix })
    const children = childrenOf(next.node)
    for (let i = children.length - 1; i >= 0; i--) {
      const isLast = i === children.length - 1
      const { indent, depth } = next
      const isDrawn = depth <= deepest
      waiting.push({
        node: children[i] as T,
        prefix: `${indent}${isDrawn ? '' : `${depth} `}${isLast ? '└─ ' : '├─ '}`,
        indent: isDrawn ? `${indent}${isLast ? '   ' : '│  '}` : indent,
        depth: depth + 1,
      })
    }
  }
  return lines
}
