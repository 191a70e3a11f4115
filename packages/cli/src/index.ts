export type { Command, CommandContext, Commands } from './command.ts'
export type { Host, OpenHost } from './host.ts'
export { runCli } from './run.ts'
