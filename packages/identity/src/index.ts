export type { EventReference, ExplainedMerge, Explanation, Irrevocable } from './explain.ts'
export { createIdentity, type Identity, type IdentityOptions, type Unmerged } from './identity.ts'
export type { SquashReport } from './squash.ts'
export type { UnmergeReport, UnmergeRequest } from './unmerge.ts'
