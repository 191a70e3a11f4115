import type { BenefitCommand, Json, Label, MatchEvidence, Properties, Reason } from '@tenon/kernel/contracts'
import type { ColumnType, Generated, GeneratedAlways } from 'kysely'
import type { StoredChange } from '../benefits/transaction-rows.ts'
import type { DefinitionFamily } from '../definitions/open-definitions.ts'
import type { ImportPiece, ImportState } from '../imports/imports.ts'
import type { BatchVerdict, Rulings } from '../ingest/ingest-store.ts'
import type { KeyKind } from '../keys/api-keys.ts'
import type { MatchState } from '../matches/matches.ts'
import type { MessageState } from '../messages/messages.ts'
import type { ModelKind } from '../models/models.ts'
import type { ReplayState } from '../replays/replays.ts'
import type { JsonText } from './storable.ts'

/** jsonb: written through `storableJson` only, read as parsed. */
type JsonColumn<T> = ColumnType<T, JsonText, JsonText>
type NullableJson<T> = ColumnType<T | null, JsonText | null, JsonText | null>
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>

interface Owned {
  readonly workspace: string
}

/** The tables of the schema `tenon`, as the migrations make them. */
export interface Tables {
  readonly 'tenon.workspaces': { id: string; name: string; created_at: Date }
  readonly 'tenon.api_keys': Owned & {
    id: string
    kind: KeyKind
    name: string
    source: Nullable<string>
    hash: Buffer
    prefix: string
    created_at: Date
    revoked_at: Nullable<Date>
  }
  readonly 'tenon.backups': { id: string; instant: Date; finished_at: Date; rows: number; bytes: number }
  readonly 'tenon.key_values': Owned & { key: string; value: JsonColumn<Json> }
  readonly 'tenon.imports': Owned & {
    id: string
    key: string
    state: ImportState
    source: JsonColumn<Json>
    mapping: JsonColumn<Json>
    max_failures: number
    pieces: NullableJson<readonly ImportPiece[]>
    piece: Generated<number>
    piece_rows: Generated<number>
    after_key: Nullable<string>
    total_rows: Nullable<number>
    rows: Generated<number>
    accepted: Generated<number>
    failed: Generated<number>
    became_stored: Nullable<number>
    became_duplicate: Nullable<number>
    became_failed: Nullable<number>
    became_dropped: Nullable<number>
    error: NullableJson<{ readonly code: string; readonly message: string }>
    created_at: Date
    updated_at: Date
    finished_at: Nullable<Date>
  }
  readonly 'tenon.leases': { job: string; holder: string; held_until: Date }
  readonly 'tenon.profiles': Owned & { id: Generated<number>; first_seen: Date; merged_into: Nullable<number> }
  readonly 'tenon.identifiers': Owned & { type: string; value: string; profile: number; since: Date; home: Nullable<number> }
  readonly 'tenon.merges': Owned & {
    id: GeneratedAlways<number>
    winner: number
    loser: number
    members: number[]
    identifiers: JsonColumn<{ type: string; value: string; since: string }[]>
    rule: string
    source: string
    message_id: string
    at: Date
    evidence: JsonColumn<Properties>
    recorded_at: Date
    override_written: Generated<boolean>
    undone_by: Nullable<number>
    squash: Generated<number>
    squashed_at: Nullable<Date>
    settled: Generated<boolean>
  }
  readonly 'tenon.unmerges': Owned & {
    id: Generated<number>
    merge: number
    restored: number
    remaining: number
    members: number[]
    identifiers: JsonColumn<{ type: string; value: string; since: string }[]>
    last_batch: number
    recorded_at: Date
    override_written: Generated<boolean>
    settled: Generated<boolean>
  }
  readonly 'tenon.unmerge_blocks': Owned & {
    unmerge: number
    place: number
    left_type: string
    left_value: string
    right_type: string
    right_value: string
    lifted_at: Nullable<Date>
    lifted_by: Nullable<string>
    lift_reason: Nullable<string>
    held_back: Generated<number>
    held_source: Nullable<string>
    held_message: Nullable<string>
    held_at: Nullable<Date>
  }
  readonly 'tenon.match_proposals': Owned & {
    id: GeneratedAlways<number>
    matcher: string
    lower: number
    upper: number
    probability: number
    weight: number
    evidence: JsonColumn<MatchEvidence[]>
    fingerprint: string
    state: MatchState
    proposed_at: Date
    seen_at: Date
    decided_at: Nullable<Date>
    decided_by: Nullable<string>
    note: Nullable<string>
    merge: Nullable<number>
  }
  readonly 'tenon.ingest_open_batches': {
    stream: string
    batch: number
    from_position: number
    to_position: number
    opened_at: Date
    rulings: JsonColumn<Rulings>
    verdict: NullableJson<BatchVerdict>
  }
  readonly 'tenon.ingest_workers': { worker: string; alive_until: Date }
  readonly 'tenon.ingest_shares': { stream: string; worker: Nullable<string> }
  readonly 'tenon.identity_versions': Owned & { version: number }
  readonly 'tenon.ingest_streams': {
    stream: string
    position: Generated<number>
    last_batch: Nullable<number>
    received: Generated<number>
    stored: Generated<number>
    duplicate: Generated<number>
    failed: Generated<number>
    dropped: Generated<number>
  }
  readonly 'tenon.replays': Owned & {
    id: string
    filter: JsonColumn<Properties>
    state: ReplayState
    cursor: Nullable<string>
    found: number
    queued: Generated<number>
    stored: Generated<number>
    duplicate: Generated<number>
    dropped: Generated<number>
    failed: Generated<number>
    requested_by: string
    created_at: Date
    updated_at: Date
  }
  readonly 'tenon.consents': Owned & {
    profile: number
    purpose: string
    at: Date
    state: 'granted' | 'denied' | 'withdrawn'
    source: string
    id: string
    basis: string
    notice: string
    expires_at: Nullable<Date>
    evidence: JsonColumn<Properties>
    recorded_at: Date
  }
  readonly 'tenon.definitions': Owned & {
    family: DefinitionFamily
    key: string
    version: number
    kind: string
    label: JsonColumn<Label>
    definition: JsonColumn<Properties>
    created_at: Date
    updated_at: Date
    retired_at: Nullable<Date>
  }
  readonly 'tenon.definition_versions': Owned & {
    family: DefinitionFamily
    key: string
    version: number
    kind: string
    label: JsonColumn<Label>
    definition: JsonColumn<Properties>
    retired: boolean
    at: Date
  }
  readonly 'tenon.models': Owned & {
    kind: ModelKind
    key: string
    version: string
    model: Buffer
    quality: JsonColumn<Properties>
    trained_at: Date
  }
  readonly 'tenon.items': Owned & {
    id: string
    title: string
    categories: string[]
    price: Nullable<number>
    available: boolean
    product: Nullable<string>
    attributes: JsonColumn<Properties>
    created_at: Nullable<Date>
  }
  readonly 'tenon.item_versions': Owned & { version: number }
  readonly 'tenon.benefits': Owned & {
    key: string
    stock: Nullable<number>
    per_person: Nullable<number>
    budget: Nullable<number>
    issued: Generated<number>
    spent: Generated<number>
  }
  readonly 'tenon.grants': Owned & {
    id: string
    benefit: string
    profile: number
    state: string
    code: Nullable<string>
    data: JsonColumn<Properties>
    issued_at: Date
    expires_at: Nullable<Date>
    updated_at: Date
  }
  readonly 'tenon.benefit_transactions': Owned & {
    id: string
    idempotency_key: string
    request: Buffer
    benefit: string
    profile: number
    command: BenefitCommand['kind']
    purpose: Nullable<string>
    rolls_back: Nullable<string>
    reason: NullableJson<Reason>
    changes: JsonColumn<StoredChange[]>
    value: number
    cost: number
    issued: number
    at: Date
  }
  readonly 'tenon.postings': Owned & { transaction: string; line: number; account: string; amount: number; at: Date }
  readonly 'tenon.messages': Owned & {
    id: string
    place: GeneratedAlways<number>
    idempotency_key: string
    request: Buffer | null
    profile: number
    channel: string
    purpose: string
    content: JsonColumn<Properties>
    locale: Nullable<string>
    state: MessageState
    reason: NullableJson<Reason>
    attempts: Generated<number>
    next_attempt_at: Date
    lease_until: Nullable<Date>
    reference: Nullable<string>
    created_at: Date
    updated_at: Date
  }
  readonly 'tenon.deliveries': Owned & {
    message: string
    id: GeneratedAlways<number>
    what: string
    attempt: number
    at: Date
    detail: JsonColumn<Properties>
    told: boolean
  }
}
