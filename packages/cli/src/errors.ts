import { defineError } from '@tenon/kernel'

export const CliUsage = defineError({
  code: 'TENON_CLI_USAGE',
  status: 400,
  title: 'The command line was not understood.',
  help: '`tenon --help` lists the commands, `tenon <command> --help` what one of them takes.',
  message: (details: { readonly problem: string }) => details.problem,
})
