/** Answers of the public API, as far as they are read here. */

export interface Identifier {
  readonly type: string
  readonly value: string
}

export interface Profile {
  readonly identifiers: readonly Identifier[]
  readonly traits: Readonly<Record<string, string>>
  readonly tags: Readonly<Record<string, { readonly value: number | string }>>
  readonly segments: readonly { readonly key: string }[]
  readonly consent: readonly { readonly purpose: string; readonly granted: boolean }[]
  readonly benefits: readonly { readonly benefit: string; readonly state: string; readonly code?: string }[]
}

export interface TrackedEvent {
  readonly messageId: string
  readonly type: string
  readonly name: string
  readonly timestamp: string
  readonly properties: {
    readonly order_id?: string
    readonly revenue?: number
    readonly products?: readonly {
      readonly product_id: string
      readonly name?: string
      readonly quantity: number
      readonly price: number
      readonly at?: string
    }[]
  }
}

export interface Member {
  readonly identifiers: readonly Identifier[]
  readonly tags?: Readonly<Record<string, number | string>>
}

export interface Preview {
  readonly size: number
}

export interface Tag {
  readonly tags: readonly {
    readonly key: string
    readonly distribution: readonly { readonly value: number | string; readonly people: number }[]
  }[]
}

export interface Recommendations {
  readonly personal: boolean
  readonly items: readonly {
    readonly id: string
    readonly title: string
    readonly price?: number
    readonly sources: readonly string[]
    readonly reasons: readonly { readonly code: string; readonly detail: { readonly item?: string; readonly people?: number } }[]
  }[]
}

export interface BenefitOutcome {
  readonly ok: boolean
  readonly replayed: boolean
  readonly reason?: { readonly code: string }
  readonly value?: number
  readonly grants?: readonly { readonly state: string; readonly code?: string }[]
}

export interface AcceptedMessage {
  readonly id: string
  readonly state: string
  readonly reason?: { readonly code: string; readonly detail: Readonly<Record<string, string>> }
}
