export { channelSmtp } from './plugin.ts'
