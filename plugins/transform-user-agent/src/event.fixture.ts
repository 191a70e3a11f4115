import type { CustomerEvent, Properties } from '@tenon/kernel/contracts'

export const eventWith = (context: Properties, messageId = 'm'): CustomerEvent => ({
  messageId,
  source: 'web',
  type: 'page',
  name: 'Home',
  identifiers: [],
  properties: {},
  traits: {},
  context,
  timestamp: new Date('2026-01-15T12:00:00Z'),
  receivedAt: new Date('2026-01-15T12:00:00Z'),
})

export const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1'
export const CHROME = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 Safari/537.36'
export const GOOGLEBOT = 'Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'
export const WECHAT =
  'Mozilla/5.0 (Linux; Android 13; M2007J17C Build/TP1A) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.42'
