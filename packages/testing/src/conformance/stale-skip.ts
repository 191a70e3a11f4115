import { defineError } from '@tenon/kernel'

export const StaleSkip = defineError({
  code: 'TENON_STALE_SKIP',
  title: 'A skipped conformance case has no right to be skipped.',
  help: 'A skip names a case that fails for a known reason. This one passes, does not exist, or gives no reason. Remove it, or say why it is there.',
  message: (details: { readonly suite: string; readonly case: string; readonly why: string }) =>
    `stale skip of '${details.case}' in ${details.suite}: ${details.why}`,
})
