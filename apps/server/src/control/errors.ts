import { defineError } from '@tenon/kernel'

export const ControlFailed = defineError({
  code: 'TENON_CONTROL_FAILED',
  title: 'The running server did not do what a command asked for.',
  help: 'The message has the reason, with a code of its own where the server gave one. Commands reach the server of a data folder by `control.json` in it; a server that stops or restarts cuts them off.',
  message: (details: { readonly problem: string }) => `the running server: ${details.problem}`,
})
