import { defineError } from '@tenon/kernel'

export const KindAmbiguous = defineError({
  code: 'TENON_KIND_AMBIGUOUS',
  title: 'Two plugins of the edition bring the same kind.',
  help: 'Definitions name a kind, so it must be clear which plugin they mean. Remove one of the two plugins from the edition.',
  message: (details: { readonly kind: string; readonly instances: readonly string[] }) =>
    `the kind '${details.kind}' is brought by ${details.instances.join(' and ')}`,
})

export const PluginIncomplete = defineError({
  code: 'TENON_PLUGIN_INCOMPLETE',
  title: 'A plugin plans what it can not compute.',
  help: 'A tag or segment plan of `how: "model"` needs `value` or `assign`, and `fit` where it says `fits: true`. Its conformance suite finds this.',
  message: (details: { readonly kind: string; readonly method: string }) => `the kind '${details.kind}' has no ${details.method}`,
})

export const TurnLost = defineError({
  code: 'TENON_AUDIENCE_TURN_LOST',
  status: 503,
  title: 'Another process evaluates the workspace now.',
  help: 'This process was paused or cut off from Postgres for longer than it may be, and another one took over. Nothing was recorded twice; the evaluation is done by the other one, or again.',
  message: (details: { readonly workspace: string }) => `another process evaluates the workspace '${details.workspace}' now`,
})

export const JournalInvalid = defineError({
  code: 'TENON_AUDIENCE_JOURNAL_INVALID',
  title: 'What the audience station wrote down in the store can not be read.',
  help: 'The rows `audience.turn` and `audience.pending` of `tenon.key_values` are written by Tenon alone; something else changed them. Restore them. If they are lost, delete both: transitions that were being recorded at that moment may then be recorded twice.',
  message: (details: { readonly found: string }) => `the journal of the audience station holds ${details.found}`,
})

export const StationStopped = defineError({
  code: 'TENON_AUDIENCE_STOPPED',
  status: 503,
  title: 'The audience station is stopped.',
  help: 'The server is stopping. What was not evaluated is evaluated after the next start.',
  message: (_details: Readonly<Record<string, never>>) => 'the audience station is stopped',
})

export const TooSlow = defineError({
  code: 'TENON_AUDIENCE_TOO_SLOW',
  title: 'A model took longer than it may.',
  help: 'The tag or segment stays as it was, is left alone for a while and tried again; the others of the workspace are evaluated meanwhile. `tenon doctor` names it. Where its plugin asks for something over a network, look there first.',
  message: (details: { readonly what: string; readonly limitMs: number }) => `${details.what} took longer than ${details.limitMs} ms`,
})

export const errors = [KindAmbiguous, PluginIncomplete, TooSlow, TurnLost, JournalInvalid, StationStopped] as const
