import { isKeyword, isSignificant, type SqlToken, sqlTokens } from './sql-tokens.ts'

/** An INSERT whose rows are data, not a query. */
export interface InsertStatement {
  /** `INSERT INTO table (columns)`. */
  readonly target: string
  /** `SETTINGS ...`, or nothing. */
  readonly settings: string
  readonly format: string
  /** Data that stood in the statement itself. */
  readonly inlineData: string
}

/**
 * Takes an INSERT with data apart; undefined for every other statement. Data never goes to the engine as part of a
 * statement: there, a blank line in it would end the data and begin the next statement.
 */
export function parseInsert(sql: string): InsertStatement | undefined {
  const tokens = sqlTokens(sql)
  const next = () => nextSignificant(tokens)
  if (!isKeyword(next(), 'INSERT') || !isKeyword(next(), 'INTO')) return undefined
  const table = skipTable(next)
  let depth = 0
  let settingsStart: number | undefined
  for (let token = table; token !== undefined; token = next()) {
    if (token.kind === 'symbol') {
      if (token.text === '(') depth += 1
      if (token.text === ')') depth -= 1
      if (token.text === ';') return undefined
    }
    if (depth > 0 || token.kind !== 'word') continue
    const keyword = token.text.toUpperCase()
    if (keyword === 'SELECT' || keyword === 'WITH' || keyword === 'FROM' || keyword === 'WATCH') return undefined
    if (keyword === 'SETTINGS') settingsStart ??= token.start
    if (keyword !== 'VALUES' && keyword !== 'FORMAT') continue
    const format = keyword === 'VALUES' ? token : next()
    if (format?.kind !== 'word') return undefined
    return {
      target: sql.slice(0, settingsStart ?? token.start),
      settings: settingsStart === undefined ? '' : sql.slice(settingsStart, token.start),
      format: keyword === 'VALUES' ? 'Values' : format.text,
      inlineData: sql.slice(format.start + format.text.length).trimStart(),
    }
  }
  return undefined
}

/** A table may be called like a keyword: its name is read before keywords are looked for. Returns the token behind it. */
function skipTable(next: () => SqlToken | undefined): SqlToken | undefined {
  let token = next()
  while (isKeyword(token, 'TABLE') || isKeyword(token, 'FUNCTION')) token = next()
  token = next()
  while (token?.text === '.') {
    next()
    token = next()
  }
  return token
}

function nextSignificant(tokens: Generator<SqlToken>): SqlToken | undefined {
  for (let step = tokens.next(); !step.done; step = tokens.next()) if (isSignificant(step.value)) return step.value
  return undefined
}

/** The same INSERT, with its rows in a file whose path holds no quotes. */
export const insertFromFile = (insert: InsertStatement, path: string): string =>
  `${insert.target} FROM INFILE '${path}' ${insert.settings} FORMAT ${insert.format}`
