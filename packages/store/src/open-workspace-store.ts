import { openBenefits } from './benefits/open-benefits.ts'
import { openConsents } from './consents/open-consents.ts'
import { boundQueries } from './database/bound-queries.ts'
import { type Scope, type Session, transact } from './database/session.ts'
import { openDefinitions } from './definitions/open-definitions.ts'
import { openImports } from './imports/open-imports.ts'
import { openItems } from './items/open-items.ts'
import { openKeyValues } from './kv/open-key-values.ts'
import { openMatches } from './matches/open-matches.ts'
import { openMessages } from './messages/open-messages.ts'
import { openModels } from './models/open-models.ts'
import { holdingIdentities } from './profiles/lock-identities.ts'
import { openProfiles } from './profiles/open-profiles.ts'
import { openUnmerges } from './profiles/open-unmerges.ts'
import { openReplays } from './replays/open-replays.ts'
import type { WorkspaceStore } from './workspace-store.ts'

/** The one place where repositories get a way to the database, and it is bound to the workspace. */
export function openWorkspaceStore(session: Session, workspace: string): WorkspaceStore {
  return storeOf({ ...session, db: session.db.withPlugin(boundQueries(workspace)), workspace })
}

function storeOf(scope: Scope): WorkspaceStore {
  return Object.freeze({
    workspace: scope.workspace,
    transaction: (run) => transact(scope, (inner) => run(storeOf(inner))),
    holding: (run) => holdingIdentities(scope, (inner) => run(storeOf(inner))),
    profiles: openProfiles(scope),
    unmerges: openUnmerges(scope),
    matches: openMatches(scope),
    consents: openConsents(scope),
    definitions: Object.freeze({
      tags: openDefinitions(scope, 'tag'),
      segments: openDefinitions(scope, 'segment'),
      benefits: openDefinitions(scope, 'benefit'),
      plans: openDefinitions(scope, 'plan'),
    }),
    models: openModels(scope),
    items: openItems(scope),
    benefits: openBenefits(scope),
    messages: openMessages(scope),
    replays: openReplays(scope),
    imports: openImports(scope),
    kv: openKeyValues(scope),
  } satisfies WorkspaceStore)
}
