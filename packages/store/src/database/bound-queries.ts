import type { KyselyPlugin, OperationNode } from 'kysely'
import { QueryUnbound } from '../errors.ts'

/**
 * Refuses every query of a workspace that does not carry the workspace as a value. It is the net under the repositories:
 * a query that somebody forgot to bind fails in the first test that runs it, and never reaches Postgres.
 */
export function boundQueries(workspace: string): KyselyPlugin {
  return {
    transformQuery({ node }) {
      if (!carries(node, workspace)) throw QueryUnbound.create({ workspace, query: node.kind })
      return node
    },
    transformResult: async ({ result }) => result,
  }
}

function carries(node: OperationNode, workspace: string): boolean {
  if (node.kind === 'ValueNode') return 'value' in node && node.value === workspace
  if (node.kind === 'PrimitiveValueListNode') return 'values' in node && Array.isArray(node.values) && node.values.includes(workspace)
  return Object.values(node).some((part) =>
    Array.isArray(part) ? part.some((item) => isNode(item) && carries(item, workspace)) : isNode(part) && carries(part, workspace),
  )
}

const isNode = (value: unknown): value is OperationNode =>
  typeof value === 'object' && value !== null && 'kind' in value && typeof value.kind === 'string'
