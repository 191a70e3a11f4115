const DATE = /^(\d{4})-(\d\d)-(\d\d)$/
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d{1,9})?([zZ]|[+-]([01]\d|2[0-3]):[0-5]\d)$/
const LONGEST = 2_048

const isDate = (text: string): boolean => {
  const [, year, month, day] = DATE.exec(text) ?? []
  if (year === undefined) return false
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day)))
  return at.getUTCMonth() === Number(month) - 1 && at.getUTCDate() === Number(day)
}

const isDateTime = (text: string): boolean => /^[tT ]$/.test(text.slice(10, 11)) && isDate(text.slice(0, 10)) && TIME.test(text.slice(11))

const isIpv4 = (text: string): boolean => {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

const isHostname = (text: string): boolean =>
  text.length <= 253 && text.split('.').every((part) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i.test(part))

const isEmail = (text: string): boolean => {
  const at = text.lastIndexOf('@')
  return at > 0 && at <= 64 && /^[^\s@<>()]+$/.test(text.slice(0, at)) && isHostname(text.slice(at + 1))
}

/** A longer text is none of these. Every pattern here is without repetition of repetitions. */
const short = (test: (text: string) => boolean) => (text: string) => text.length <= LONGEST && test(text)

/** The formats that a schema may name. */
export const formats: Readonly<Record<string, (text: string) => boolean>> = Object.freeze({
  date: short(isDate),
  time: short((text) => TIME.test(text)),
  'date-time': short(isDateTime),
  email: short(isEmail),
  hostname: short(isHostname),
  ipv4: short(isIpv4),
  uri: short((text) => /^[a-z][a-z0-9+.-]*:\S+$/i.test(text) && URL.canParse(text)),
  uuid: short((text) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)),
})
