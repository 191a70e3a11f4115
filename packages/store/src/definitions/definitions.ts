import type { Label, Properties } from '@tenon/kernel/contracts'

export interface Definition {
  readonly key: string
  /** Of the plugin that understands it. */
  readonly kind: string
  readonly label: Label
  readonly definition: Properties
  /** From 1, one more with every change. */
  readonly version: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly retiredAt?: Date
}

export interface DefinitionVersion extends Pick<Definition, 'version' | 'kind' | 'label' | 'definition'> {
  readonly retired: boolean
  readonly at: Date
}

export type DefinitionPut =
  | { readonly ok: true; readonly definition: Definition; readonly changed: boolean }
  /** Somebody else was faster: `current` is the version now, 0 where there is none. */
  | { readonly ok: false; readonly current: number }

/** What people define, with every version there ever was. */
export interface Definitions {
  /** Also a retired one. */
  get(key: string): Promise<Definition | undefined>
  /** Those in use, by key. */
  list(): Promise<readonly Definition[]>
  /** Puts what is equal to the current version: no new version. A retired definition is in use again. `ifVersion: 0` asks that there is none. */
  put(definition: Pick<Definition, 'key' | 'kind' | 'label' | 'definition'> & { readonly ifVersion?: number }): Promise<DefinitionPut>
  /** Takes it out of use; the history stays. Whether it was in use. */
  retire(key: string): Promise<boolean>
  /** The newest first. */
  history(key: string): Promise<readonly DefinitionVersion[]>
}
