import type { ProfileId } from '@tenon/kernel/contracts'
import { AnalyticsUnbound } from '../errors.ts'
import { askedParams } from './asked-params.ts'
import type { Engine, ParamValue } from './engine.ts'
import { interactive, type Limits } from './limits.ts'

/** Parameters by name. `workspace` is not among them: it is bound by whoever holds the query. */
export type Params = Readonly<Record<string, ParamValue>> & { readonly workspace?: never; readonly profiles?: readonly ProfileId[] }

export interface QueryRequest {
  /** What is asked, in words, for messages: `events of a profile`. */
  readonly operation: string
  /** Must name `{workspace:String}`; values are parameters, never text. */
  readonly sql: string
  /** `profiles` are asked profiles: they are replaced by who they are today, with what their sources need beside them. */
  readonly params?: Params
  readonly limits?: Limits
  readonly signal?: AbortSignal | undefined
}

/** The only way to read: bound to one workspace for its whole life. */
export interface WorkspaceQuery {
  readonly workspace: string
  pages<Row>(request: QueryRequest): AsyncIterable<readonly Row[]>
  rows<Row>(request: QueryRequest): Promise<readonly Row[]>
}

export function bindWorkspace(engine: Engine, workspace: string): WorkspaceQuery {
  if (workspace === '') throw AnalyticsUnbound.create({ operation: 'a query' })

  async function* pages<Row>(request: QueryRequest): AsyncGenerator<readonly Row[]> {
    const { operation, sql, params = {}, limits = interactive, signal } = request
    if (!sql.includes('{workspace:String}')) throw AnalyticsUnbound.create({ operation })
    const asked = params.profiles === undefined ? {} : await askedParams({ engine, workspace, profiles: params.profiles, limits, signal })
    yield* engine.query<Row>({ operation, sql, params: { ...params, ...asked, workspace }, limits, signal })
  }

  return Object.freeze({
    workspace,
    pages,
    rows: async <Row>(request: QueryRequest): Promise<readonly Row[]> => {
      const all: Row[] = []
      for await (const page of pages<Row>(request)) for (const row of page) all.push(row)
      return Object.freeze(all)
    },
  })
}
