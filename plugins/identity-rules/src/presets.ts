import type { Label } from '@tenon/kernel/contracts'

export type Format = 'text' | 'email' | 'phone'
export type Window = 'ever' | 'daily' | 'weekly' | 'monthly' | 'annually'

export interface Limit {
  readonly count: number
  readonly window: Window
}

export interface Preset {
  readonly label: Label
  readonly format: Format
  readonly limit: Limit
  readonly unique: boolean
  readonly personal: boolean
}

const ever = (count: number): Limit => ({ count, window: 'ever' })

const preset = (en: string, zh: string, count: number, more: Partial<Preset> = {}): Preset =>
  Object.freeze<Preset>({ label: { en, zh }, format: 'text', limit: ever(count), unique: false, personal: false, ...more })

/** What a type is when the configuration only names it. */
export const PRESETS: Readonly<Record<string, Preset>> = Object.freeze({
  user_id: preset('User id', '用户 ID', 1),
  member_id: preset('Member id', '会员号', 1),
  unionid: preset('WeChat unionid', '微信 UnionID', 1),
  openid: preset('WeChat openid', '微信 OpenID', 10),
  email: preset('Email', '邮箱', 5, { format: 'email', personal: true }),
  phone: preset('Phone', '手机号', 5, { format: 'phone', personal: true }),
  device_id: preset('Device id', '设备 ID', 20),
  anonymous_id: preset('Anonymous id', '匿名 ID', 50),
})

export const OTHER: Omit<Preset, 'label'> = Object.freeze({
  format: 'text',
  limit: ever(5),
  unique: false,
  personal: false,
})

/** Values that programs send when they have none: joining on them would make one person of thousands. */
export const BLOCKED_VALUES: readonly string[] = Object.freeze([
  ...['null', 'undefined', 'nil', 'none', 'nan', 'n/a', 'na', 'unknown', 'anonymous', 'guest', 'true', 'false', 'test', 'default'],
  ...['0', '-1', '-', '[object object]', '(not set)', 'test@test.com', 'test@example.com', 'noreply@example.com'],
])

/** All zeros or the like in any length, UUIDs included. */
export const BLOCKED_PATTERNS: readonly string[] = Object.freeze(['^[0\\-]+$', '^[xX*\\-]+$', '^[fF\\-]{32,}$'])
