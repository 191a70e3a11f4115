/** One good request for every route that takes a body, as a starting point for bad ones. */
export const samples: Readonly<Record<string, unknown>> = Object.freeze({
  'PUT /v1/profiles/{profile}/consents': {
    consents: [
      {
        purpose: 'marketing.email',
        state: 'granted',
        basis: 'consent',
        notice: 'v1',
        source: 'form',
        at: '2026-01-01T00:00:00Z',
        evidence: { form: 'f-1' },
      },
    ],
  },
  'POST /v1/profiles/{profile}/unmerge': { merge: 1, preview: true },
  'PUT /v1/segments/{key}': {
    kind: 'rules',
    label: { en: 'Buyers', zh: '买家' },
    definition: {
      rule: { event: 'Order Completed', where: [{ property: 'revenue', gte: 10 }], measure: 'count', gte: 1, within: { last: '30d' } },
    },
  },
  'POST /v1/segments/preview': {
    rule: { and: [{ trait: 'city', in: ['Shanghai'] }, { not: { event: 'Order Completed', measure: 'count', eq: 0 } }] },
    asOf: '2026-06-01T00:00:00Z',
  },
  'PUT /v1/tags/{key}': {
    kind: 'measure',
    label: 'Orders',
    definition: { measure: { event: 'Order Completed', measure: 'count', within: { last: '90d' } } },
  },
  'PUT /v1/items': {
    items: [
      {
        id: 'i-1',
        title: 'Tea',
        categories: ['food'],
        price: 3.5,
        available: true,
        product: 'p-1',
        attributes: { colour: 'green' },
        createdAt: '2026-01-01T00:00:00Z',
      },
    ],
  },
  'POST /v1/recommendations': { scene: 'home', profile: 'user_id:u-1', anchors: ['i-1'], session: ['i-1'], query: 'te', limit: 3 },
  'PUT /v1/benefits/{key}': {
    kind: 'coupon',
    label: { en: 'Ten' },
    terms: { discount: { type: 'percent', percent: 10 }, currency: 'EUR', minimum: 100, validFor: '30d' },
    eligibility: { always: true },
    stock: 10,
    perPerson: 1,
    budget: 1_000,
    validFrom: '2026-01-01T00:00:00Z',
  },
  'POST /v1/benefits/{key}/issue': { profile: 'user_id:u-1', amount: 1, idempotencyKey: 'issue-1', why: { campaign: 'spring' } },
  'POST /v1/benefits/{key}/redeem': {
    code: 'ABCDEFGH',
    basket: { id: 'o-1', currency: 'EUR', total: 1_000, lines: [{ item: 'i-1', categories: ['food'], quantity: 1, amount: 1_000 }] },
    idempotencyKey: 'redeem-1',
  },
  'POST /v1/benefits/{key}/hold': { profile: 'user_id:u-1', basket: { id: 'o-1', currency: 'EUR', total: 1_000, lines: [] } },
  'POST /v1/benefits/{key}/roll-back': { transaction: '01a200a0-b924-7c95-8e4f-fb7e08f77129', amount: 1, idempotencyKey: 'back-1' },
  'POST /v1/messages': {
    channel: 'email',
    profile: 'user_id:u-1',
    purpose: 'marketing',
    content: { subject: 'Hello', text: 'A text.' },
    locale: 'en',
    notBefore: '2099-01-01T00:00:00Z',
    idempotencyKey: 'message-1',
  },
  'POST /v1/evaluations': { train: false },
  'PUT /v1/failed-events/{id}': { payload: { type: 'track', event: 'X', messageId: 'm' }, format: 'source' },
  'POST /v1/failed-events/{id}/replay': {},
  'POST /v1/failed-events/discard': { filter: { stage: 'none', code: 'X', from: '2026-01-01T00:00:00Z' } },
  'PUT /v1/tracking-plans/{key}': { plan: { mode: 'flag', events: [{ name: 'X', properties: { type: 'object', required: ['a'] } }] } },
  'POST /v1/tracking-plans/{key}/check': { name: 'X', properties: { a: 1 } },
  'POST /v1/replays': { filter: { stage: 'none', code: 'X', until: '2020-01-01T00:00:00Z' } },
  'POST /v1/profiles/{profile}/merge': { with: 'user_id:u-2', by: 'an@example.com', reason: 'told us so' },
  'POST /v1/profiles/{profile}/unblock': { with: 'user_id:u-2', by: 'an@example.com', reason: 'told us so' },
  'PUT /v1/matchers/{matcher}/limits': { review: 0.5, merge: 0.99 },
  'POST /v1/matchers/{matcher}/run': {},
  'POST /v1/matches/{match}/decision': { decision: 'reject', by: 'an@example.com', note: 'twins' },
  'POST /v1/matches/decisions': { matches: [1, 2], decision: 'reject', by: 'an@example.com' },
  'PUT /v1/account-rules/{type}': { by: ['address.street', 'address.postalCode'], most: 12 },
  'POST /v1/imports': {
    source: { file: 'none.csv' },
    mapping: { name: 'X', identifiers: { user_id: 'customer' } },
    key: 'none',
    maxFailures: 10,
  },
  'POST /v1/imports/preview': { source: { file: 'none.csv' }, mapping: { name: 'X', identifiers: { user_id: 'customer' } }, rows: 5 },
  'POST /v1/imports/{import}/cancel': {},
  'POST /v1/imports/{import}/resume': {},
  'PUT /v1/imports/files/{name}': { any: 'bytes' },
  'POST /u/{token}': {},
  'POST /receipts/{workspace}/{channel}': { id: 'r-1', event: 'delivered' },
})

/** Good calls of the tracking protocol. */
export const trackingSamples: Readonly<Record<string, unknown>> = Object.freeze({
  '/v1/track': {
    userId: 'u-1',
    event: 'Order Completed',
    properties: { order_id: 'o-1', revenue: 12.5, products: [{ product_id: 'i-1', quantity: 1 }] },
  },
  '/v1/identify': { userId: 'u-1', anonymousId: 'a-1', traits: { email: 'an@example.com', city: 'Shanghai' } },
  '/v1/page': { anonymousId: 'a-1', name: 'Home', properties: { url: 'https://shop.example/' } },
  '/v1/screen': { anonymousId: 'a-1', name: 'Home' },
  '/v1/group': { userId: 'u-1', groupId: 'g-1', traits: { name: 'Acme' } },
  '/v1/alias': { userId: 'u-1', previousId: 'a-9' },
  '/v1/batch': {
    batch: [
      {
        type: 'track',
        userId: 'u-1',
        event: 'Product Viewed',
        messageId: 'm-1',
        properties: { product_id: 'i-1' },
        timestamp: '2026-05-01T00:00:00Z',
      },
    ],
    sentAt: '2026-05-01T00:00:01Z',
  },
})
