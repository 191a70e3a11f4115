import type {
  History,
  LongCallContext,
  Measure,
  ProfileId,
  Properties,
  TagDescription,
  Tagger,
  TagModelValue,
} from '@tenon/kernel/contracts'
import { bandOf, quantileCuts } from './bands.ts'
import { type RfmConfig, type RfmDefinition, rfmDefinition } from './config.ts'
import { decodeModel, encodeModel, type RfmModel } from './model.ts'
import { tierOf, tiers } from './tier.ts'

const daySeconds = 86_400

interface Buyer {
  readonly profile: ProfileId
  readonly recency: number
  readonly frequency: number
  readonly monetary: number
}

const measuresOf = (definition: RfmDefinition): Readonly<Record<'recency' | 'frequency' | 'monetary', Measure>> => {
  const part = { event: definition.event, ...(definition.within === undefined ? {} : { within: { last: definition.within } }) }
  return {
    recency: { ...part, measure: 'recency' },
    frequency: { ...part, measure: 'count' },
    monetary: { ...part, measure: { sum: definition.amount } },
  }
}

async function* buyers(
  request: { readonly definition: RfmDefinition; readonly history: History; readonly asOf: Date; readonly profiles?: readonly ProfileId[] },
  context: LongCallContext,
): AsyncIterable<readonly Buyer[]> {
  const { definition, history, asOf, profiles } = request
  const pages = history.measures({ measures: measuresOf(definition), asOf, ...(profiles === undefined ? {} : { profiles }) }, context)
  for await (const page of pages) {
    yield page.flatMap(({ profile, values: { recency, frequency, monetary } }) =>
      // Who never bought has no recency, and no tier: unknown is not the worst.
      typeof recency === 'number' && typeof frequency === 'number'
        ? [{ profile, recency, frequency, monetary: typeof monetary === 'number' ? monetary : 0 }]
        : [],
    )
  }
}

function fixedModel(definition: RfmDefinition): RfmModel | undefined {
  if (definition.fixed === undefined) return undefined
  const { recencyDays, frequency, monetary } = definition.fixed
  return { version: 1, bands: definition.bands, recency: recencyDays.map((days) => days * daySeconds), frequency, monetary }
}

async function quantileModel(
  pages: AsyncIterable<readonly Buyer[]>,
  { bands, asOf }: { readonly bands: number; readonly asOf: Date },
  context: LongCallContext,
): Promise<{ model: RfmModel; buyers: number }> {
  const recency: number[] = []
  const frequency: number[] = []
  const monetary: number[] = []
  for await (const page of pages) {
    for (const buyer of page) {
      recency.push(buyer.recency)
      frequency.push(buyer.frequency)
      monetary.push(buyer.monetary)
    }
    context.signal.throwIfAborted()
    context.progress({ done: recency.length })
  }
  const cuts = (values: readonly number[]) => [...quantileCuts(Float64Array.from(values), bands)]
  return {
    buyers: recency.length,
    model: {
      version: 1,
      bands,
      fittedAt: asOf.getTime(),
      recency: cuts(recency),
      frequency: cuts(frequency),
      monetary: cuts(monetary),
    },
  }
}

/**
 * The recency that cuts are compared with. Quantiles part buyers by the instants of their last purchases: as time goes by
 * after the fit, nobody changes bands for it.
 */
const comparable = (recency: number, { fittedAt }: RfmModel, asOf: Date): number =>
  fittedAt === undefined ? recency : (Math.round(recency * 1_000) - (asOf.getTime() - fittedAt)) / 1_000

function valuesOf(key: string, buyer: Buyer, model: RfmModel, asOf: Date): readonly TagModelValue[] {
  const recency = model.bands + 1 - bandOf(comparable(buyer.recency, model, asOf), model.recency)
  const frequency = bandOf(buyer.frequency, model.frequency)
  const monetary = bandOf(buyer.monetary, model.monetary)
  const detail: Properties = {
    daysSinceLast: Math.floor(buyer.recency / daySeconds),
    purchases: buyer.frequency,
    spent: buyer.monetary,
  }
  const reasons = [{ code: 'RFM', detail }]
  const value = (name: string, is: number | string): TagModelValue => ({
    profile: buyer.profile,
    tag: `${key}.${name}`,
    value: is,
    reasons,
  })
  return [
    value('recency', recency),
    value('frequency', frequency),
    value('monetary', monetary),
    value('score', `${recency}-${frequency}-${monetary}`),
    value('tier', tierOf({ recency, frequency, monetary }, model.bands)),
  ]
}

const descriptions = (key: string): readonly TagDescription[] => [
  { key: `${key}.recency`, type: 'number', label: { en: 'Recency band', zh: '最近购买分' } },
  { key: `${key}.frequency`, type: 'number', label: { en: 'Frequency band', zh: '购买频次分' } },
  { key: `${key}.monetary`, type: 'number', label: { en: 'Monetary band', zh: '消费金额分' } },
  { key: `${key}.score`, type: 'string', label: { en: 'RFM score', zh: 'RFM 分值' } },
  { key: `${key}.tier`, type: 'string', label: { en: 'RFM tier', zh: 'RFM 分层' }, values: tiers },
]

/**
 * Recency, frequency, monetary value (Hughes, Strategic Database Marketing, 1994): every buyer gets a band for each,
 * 1 to `bands`, and a tier of the three. Bands are quantiles of all buyers, or fixed.
 */
export function rfmTagger(config: RfmConfig): Tagger {
  const read = (definition: Properties): RfmDefinition => rfmDefinition.parse(definition)
  return {
    kind: 'rfm',
    definition: rfmDefinition,
    presets: config.preset
      ? [{ key: 'rfm', label: { en: 'RFM', zh: 'RFM 模型' }, definition: rfmDefinition.parse(config.definition ?? {}) as Properties }]
      : [],
    plan: ({ key, definition }) => ({
      how: 'model',
      tags: descriptions(key),
      fits: read(definition).fixed === undefined,
      every: config.every,
    }),
    async fit(request, context) {
      const definition = read(request.definition)
      const { model, buyers: count } = await quantileModel(
        buyers({ ...request, definition }, context),
        { bands: definition.bands, asOf: request.asOf },
        context,
      )
      return { model: encodeModel(model), quality: { buyers: count } }
    },
    async *value(request, context) {
      const definition = read(request.definition)
      const model = fixedModel(definition) ?? (request.model === undefined ? undefined : decodeModel(request.model))
      if (model === undefined) return
      for await (const page of buyers({ ...request, definition }, context))
        yield page.flatMap((buyer) => valuesOf(request.key, buyer, model, request.asOf))
    },
  }
}
