/** A fenced block of a Markdown page. The word after the language is a path (` ```ts src/index.ts `) or a mark (` ```ts fragment `). */
export interface CodeBlock {
  readonly language: string
  readonly note: string
  readonly text: string
  /** Of the line that opens it, from 1. */
  readonly line: number
}

/** All fenced blocks of a page, in order. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = []
  let open: { language: string; note: string; line: number; lines: string[] } | undefined
  for (const [index, line] of markdown.split('\n').entries()) {
    const fence = /^```(\S*)\s*(.*)$/.exec(line)
    if (open === undefined && fence !== null) {
      open = { language: fence[1] ?? '', note: (fence[2] ?? '').trim(), line: index + 1, lines: [] }
    } else if (open !== undefined && line === '```') {
      const { lines, ...head } = open
      blocks.push({ ...head, text: `${lines.join('\n')}\n` })
      open = undefined
    } else open?.lines.push(line)
  }
  return blocks
}

/** Blocks that are files, by path. */
export function filesOf(markdown: string): ReadonlyMap<string, string> {
  return new Map(codeBlocks(markdown).flatMap(({ note, text }) => (/\.\w+$/.test(note) ? [[note, text] as const] : [])))
}
