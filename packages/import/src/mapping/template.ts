/** A text with places for columns. */
export interface Template {
  readonly columns: readonly string[]
  /** Undefined where one of the columns is empty. */
  fill(cell: (column: string) => string | undefined): string | undefined
}

type Part = { readonly text: string } | { readonly column: string }

/** `{column}` stands for a cell, `{{` and `}}` for braces. Returns what is wrong instead where it is no template. */
export function parseTemplate(source: string): Template | { readonly problem: string } {
  const parts: Part[] = []
  const pattern = /\{\{|\}\}|\{([^{}]+)\}|[{}]|[^{}]+/g
  for (const [token, column] of source.matchAll(pattern)) {
    if (column !== undefined) parts.push({ column })
    else if (token === '{{' || token === '}}') parts.push({ text: token.slice(1) })
    else if (token === '{' || token === '}') return { problem: `'${token}' stands alone; write '${token}${token}' for a brace` }
    else parts.push({ text: token })
  }
  return {
    columns: parts.flatMap((part) => ('column' in part ? [part.column] : [])),
    fill(cell) {
      let filled = ''
      for (const part of parts) {
        const text = 'text' in part ? part.text : cell(part.column)
        if (text === undefined) return undefined
        filled += text
      }
      return filled
    },
  }
}
