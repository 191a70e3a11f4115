import type { CallContext, Channel, Clock, Gate, Json, Meter, ProfileId, Properties, Purpose, Reason } from '@tenon/kernel/contracts'
import type { PrivacyGate } from '@tenon/privacy'
import type { MessageState, Store, StoredMessage } from '@tenon/store'
import { addressesOf, type TraitLookup } from './addresses.ts'
import { isPolicyFailure, noConsent } from './consent.ts'
import { NO_ADDRESS } from './hand-over.ts'
import { isPurpose, mediumPurpose } from './medium-purpose.ts'
import { countDrop } from './metrics.ts'

export interface SendRequest {
  readonly workspace: string
  /** The instance; may be left out where the edition has one channel. */
  readonly channel?: string
  readonly profile: ProfileId
  /** `marketing`, `service`, ...: the medium of the channel is added to it. */
  readonly purpose: Purpose
  readonly content: unknown
  /** BCP 47. */
  readonly locale?: string
  /** 1 to 256 characters. The same key with the same message again is that message; with another it is `TENON_IDEMPOTENCY_KEY_REUSED`. */
  readonly idempotencyKey: string
  readonly notBefore?: Date
}

export interface SendProblem {
  /** `content.subject`, `channel`, ... */
  readonly path: string
  readonly message: string
}

export type SendOutcome =
  | {
      readonly ok: true
      readonly id: string
      /** The instance that it goes through. */
      readonly channel: string
      readonly state: MessageState
      readonly reason?: Reason
      /** Whether the key was known: then this is the message of that time. */
      readonly repeated: boolean
    }
  | { readonly ok: false; readonly problems: readonly SendProblem[] }

export interface AcceptTools {
  readonly store: Pick<Store, 'in'>
  readonly gate: Gate & Pick<PrivacyGate, 'knows' | 'purposes'>
  readonly channels: ReadonlyMap<string, Channel>
  readonly traits: TraitLookup | undefined
  readonly clock: Clock
  readonly meter: Meter
}

/**
 * Takes a message into the ledger. What is malformed is refused and leaves no trace; what is well-formed is accepted and
 * from then on accounted for, also where it is dropped at once for want of consent or of an address.
 */
export async function acceptMessage(request: SendRequest, tools: AcceptTools): Promise<SendOutcome> {
  const { store, gate, channels, clock } = tools
  const chosen = chooseChannel(request.channel, channels)
  if (!chosen.ok) return chosen
  const { instance, channel } = chosen
  const problems = [...problemsOf(request), ...(await contentProblems(channel, request.content))]
  const media = new Set([...channels.values()].map(({ medium }) => medium))
  const purpose = isPurpose(request.purpose) ? mediumPurpose(request.purpose, channel.medium, media) : undefined
  if (purpose === undefined) {
    problems.push({ path: 'purpose', message: `not a purpose for messages by ${channel.medium}, such as 'marketing' or 'service'` })
  } else if (!gate.knows(purpose)) {
    const known = [...new Set(gate.purposes().map((each) => each.purpose))].join(', ') || 'none'
    problems.push({ path: 'purpose', message: `no consent policy knows '${request.purpose}'; there is ${known}` })
  }
  const workspace = store.in(request.workspace)
  const person = (await workspace.profiles.resolve([request.profile])).get(request.profile)
  if (person === undefined) problems.push({ path: 'profile', message: 'there is no such profile' })
  if (problems.length > 0 || purpose === undefined || person === undefined) return { ok: false, problems }

  const context: CallContext = { workspace: request.workspace, purpose, now: clock.now(), signal: new AbortController().signal }
  const [decisions, addresses] = await Promise.all([
    gate.decide({ profiles: [person], purpose, action: 'send' }, context),
    addressesOf(channel, [person], { workspace, traits: tools.traits }),
  ])
  const decision = decisions.get(person)
  const mayWait = decision?.granted === true || isPolicyFailure(decision)
  const dropped = mayWait ? (addresses.has(person) ? undefined : NO_ADDRESS) : noConsent(decision)
  const { message, accepted } = await keep(workspace, { ...request, channel: instance, profile: person, purpose }, dropped)
  if (accepted && dropped !== undefined) countDrop(tools.meter, instance, dropped)
  const { id, channel: through, state, reason } = message
  return { ok: true, id, channel: through, state, repeated: !accepted, ...(reason === undefined ? {} : { reason }) }
}

/** One transaction, so that no worker sees a message that is about to be dropped. */
async function keep(
  workspace: ReturnType<Store['in']>,
  request: SendRequest & { readonly channel: string },
  dropped: Reason | undefined,
): Promise<{ readonly message: StoredMessage; readonly accepted: boolean }> {
  const { idempotencyKey, profile, channel, purpose, content, locale, notBefore } = request
  return workspace.transaction(async (tx) => {
    const [entry] = await tx.messages.enqueue([
      {
        idempotencyKey,
        profile,
        channel,
        purpose,
        content: isProperties(content) ? content : {},
        ...(locale === undefined ? {} : { locale }),
        ...(notBefore === undefined ? {} : { notBefore }),
      },
    ])
    if (entry === undefined) throw new Error('the store returned no message')
    if (!entry.accepted || dropped === undefined) return entry
    await tx.messages.record([{ id: entry.message.id, attempt: 0, state: 'dropped', reason: dropped }])
    return { accepted: true, message: { ...entry.message, state: 'dropped', reason: dropped } }
  })
}

type Chosen =
  | { readonly ok: true; readonly instance: string; readonly channel: Channel }
  | { readonly ok: false; readonly problems: readonly SendProblem[] }

function chooseChannel(name: string | undefined, channels: ReadonlyMap<string, Channel>): Chosen {
  const instance = name ?? (channels.size === 1 ? [...channels.keys()][0] : undefined)
  const channel = instance === undefined ? undefined : channels.get(instance)
  if (instance !== undefined && channel !== undefined) return { ok: true, instance, channel }
  const known = [...channels.keys()].join(', ')
  const message = known === '' ? 'this edition has no channel' : `expected one of: ${known}`
  return { ok: false, problems: [{ path: 'channel', message }] }
}

function problemsOf({ idempotencyKey, locale, notBefore }: SendRequest): SendProblem[] {
  const problems: SendProblem[] = []
  if (idempotencyKey === '' || idempotencyKey.length > 256 || /\p{Cc}/u.test(idempotencyKey)) {
    problems.push({ path: 'idempotencyKey', message: 'expected 1 to 256 characters without control characters' })
  }
  if (locale !== undefined && !/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/.test(locale)) {
    problems.push({ path: 'locale', message: "expected a language tag such as 'zh-CN'" })
  }
  if (notBefore !== undefined && Number.isNaN(notBefore.getTime())) problems.push({ path: 'notBefore', message: 'expected a date' })
  return problems
}

async function contentProblems(channel: Channel, content: unknown): Promise<readonly SendProblem[]> {
  if (!isProperties(content)) return [{ path: 'content', message: 'expected an object' }]
  try {
    const result = await channel.content['~standard'].validate(content)
    if (result.issues !== undefined) {
      return result.issues.map(({ path = [], message }) => ({ path: ['content', ...path.map(segment)].join('.'), message }))
    }
    const bytes = Buffer.byteLength(JSON.stringify(content))
    const { bytes: limit } = channel.limits
    return bytes > limit ? [{ path: 'content', message: `${bytes} bytes are more than the ${limit} that the channel takes` }] : []
  } catch {
    // A schema that overflows its stack, a value that is no JSON.
    return [{ path: 'content', message: 'can not be read' }]
  }
}

const segment = (part: PropertyKey | { readonly key: PropertyKey }): string => String(typeof part === 'object' ? part.key : part)

const isProperties = (value: unknown): value is Properties & { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
