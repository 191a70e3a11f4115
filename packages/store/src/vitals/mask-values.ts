/** In this order, and each as far as it goes: a text is the rest where the statement was cut within it. */
const PIECES: readonly { readonly pattern: RegExp; readonly as: string | undefined }[] = [
  { pattern: /e'(?:[^'\\]|''|\\.)*(?:'|\\?$)/isuy, as: '?' },
  { pattern: /[bxn]?'(?:[^']|'')*(?:'|$)/iuy, as: '?' },
  { pattern: /[\p{L}_\u{80}-\u{10ffff}][\w$\u{80}-\u{10ffff}]*/uy, as: undefined },
  { pattern: /"(?:[^"]|"")*"?/uy, as: undefined },
  { pattern: /\$\d+/uy, as: undefined },
  { pattern: /(\$(?:[A-Za-z_\u{80}-\u{10ffff}][\w\u{80}-\u{10ffff}]*)?\$).*?(?:\1|$)/suy, as: '?' },
  { pattern: /\.?\d[\w.]*/uy, as: '?' },
  { pattern: /--[^\n\r]*/uy, as: ' ' },
]
const BLOCK_MARK = /\/\*|\*\//gu

/**
 * A statement of Postgres with a mark in the place of every text and number, and without remarks: they may be somebody's. It may have
 * been cut anywhere. Where it can not be told where a text ends, all that follows is masked with it.
 */
export function maskValues(statement: string): string {
  let masked = ''
  for (let at = 0; at < statement.length; ) {
    const { text, as } = pieceAt(statement, at)
    masked += as
    // By the settings of its connection the backslash is a letter, or the quote behind it does not end the text.
    if (/^[bxn]?'/i.test(text) && text.includes("\\'")) break
    at += text.length
  }
  return masked.replaceAll(/\s+/g, ' ').trim()
}

function pieceAt(statement: string, at: number): { readonly text: string; readonly as: string } {
  if (statement.startsWith('/*', at)) return { text: statement.slice(at, endOfBlock(statement, at)), as: ' ' }
  for (const { pattern, as } of PIECES) {
    pattern.lastIndex = at
    const text = pattern.exec(statement)?.[0]
    if (text !== undefined) return { text, as: as ?? text }
  }
  const letter = statement.charAt(at)
  return { text: letter, as: letter }
}

/** Blocks may hold blocks. */
function endOfBlock(statement: string, from: number): number {
  let depth = 0
  BLOCK_MARK.lastIndex = from
  for (let mark = BLOCK_MARK.exec(statement); mark !== null; mark = BLOCK_MARK.exec(statement)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return BLOCK_MARK.lastIndex
  }
  return statement.length
}
