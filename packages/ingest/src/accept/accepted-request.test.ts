import { type EventDraft, type Json, parseJson } from '@tenon/kernel/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeRequest, encodeEvent, encodeRequest } from './accepted-request.ts'
import { wholeEvent } from './logged-event.ts'

const anyText = fc.string({ unit: 'binary', minLength: 1 })
const anyObject = fc
  .dictionary(anyText, fc.jsonValue({ stringUnit: 'binary' }))
  // As JSON has it: no minus zero, and no prototype of its own.
  .map((value): Record<string, Json> => parseJson(JSON.stringify(value)))

const anyDraft: fc.Arbitrary<EventDraft> = fc.record(
  {
    messageId: anyText,
    type: fc.constantFrom('track', 'identify', 'group'),
    name: anyText,
    identifiers: fc.array(fc.record({ type: anyText, value: anyText }), { maxLength: 3 }),
    properties: anyObject,
    traits: anyObject,
    group: fc.record({ id: anyText, traits: anyObject }),
    context: anyObject,
    timestamp: fc.date({ noInvalidDate: true }),
  },
  { requiredKeys: ['messageId', 'type', 'name', 'identifiers', 'properties', 'traits', 'context', 'timestamp'] },
)

const receivedAt = new Date('2026-03-01T12:00:00.000Z')
const encode = (drafts: readonly EventDraft[]): Buffer =>
  encodeRequest({ workspace: 'w', source: 's', receivedAt, events: drafts.map(encodeEvent), refused: [] })

describe('a record of the log', () => {
  it('gives back every event as it was accepted', () =>
    fc.assert(
      fc.property(fc.array(anyDraft, { maxLength: 4 }), (drafts) => {
        const { events } = decodeRequest(encode(drafts))
        expect(events.map(wholeEvent)).toEqual(drafts.map((draft) => ({ ...draft, source: 's', receivedAt })))
      }),
    ))

  it('carries what was refused beside them', () => {
    const refused = [{ code: 'INVALID_JSON', reason: 'no JSON', payload: '{\n"a": 😀' }]
    const record = encodeRequest({ workspace: 'w', source: 's', receivedAt, events: [], refused })
    expect(decodeRequest(record)).toEqual({ workspace: 'w', source: 's', receivedAt, events: [], refused })
  })

  it('says which import it is of', () => {
    const record = encodeRequest({ workspace: 'w', source: 's', receivedAt, events: [], refused: [], importId: 'i' })
    expect(decodeRequest(record)).toEqual({ workspace: 'w', source: 's', receivedAt, events: [], refused: [], importId: 'i' })
  })

  it('of another version is not read', () => {
    expect(() => decodeRequest(Buffer.from('{"v":1,"events":[],"refused":[]}'))).toThrow('a record of version 1')
  })
})
