export { channelWebhook } from './plugin.ts'
