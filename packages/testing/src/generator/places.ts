export interface Place {
  readonly city: string
  readonly country: 'CN' | 'GB' | 'US'
  /** Standard time, without summer time: enough for the hour at which people shop. */
  readonly hoursFromUtc: number
  readonly timezone: string
  readonly share: number
}

/** Where the customers live; shares are relative. */
export const PLACES: readonly [Place, ...Place[]] = [
  { city: '上海', country: 'CN', hoursFromUtc: 8, timezone: 'Asia/Shanghai', share: 14 },
  { city: '北京', country: 'CN', hoursFromUtc: 8, timezone: 'Asia/Shanghai', share: 11 },
  { city: '广州', country: 'CN', hoursFromUtc: 8, timezone: 'Asia/Shanghai', share: 8 },
  { city: '深圳', country: 'CN', hoursFromUtc: 8, timezone: 'Asia/Shanghai', share: 8 },
  { city: '杭州', country: 'CN', hoursFromUtc: 8, timezone: 'Asia/Shanghai', share: 7 },
  { city: '成都', country: 'CN', hoursFromUtc: 8, timezone: 'Asia/Shanghai', share: 6 },
  { city: '武汉', country: 'CN', hoursFromUtc: 8, timezone: 'Asia/Shanghai', share: 4 },
  { city: 'London', country: 'GB', hoursFromUtc: 0, timezone: 'Europe/London', share: 12 },
  { city: 'Manchester', country: 'GB', hoursFromUtc: 0, timezone: 'Europe/London', share: 5 },
  { city: 'Edinburgh', country: 'GB', hoursFromUtc: 0, timezone: 'Europe/London', share: 3 },
  { city: 'Bristol', country: 'GB', hoursFromUtc: 0, timezone: 'Europe/London', share: 3 },
  { city: 'New York', country: 'US', hoursFromUtc: -5, timezone: 'America/New_York', share: 9 },
  { city: 'Chicago', country: 'US', hoursFromUtc: -6, timezone: 'America/Chicago', share: 5 },
  { city: 'Seattle', country: 'US', hoursFromUtc: -8, timezone: 'America/Los_Angeles', share: 5 },
]
