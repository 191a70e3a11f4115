import { findCards } from './card.ts'
import { findEmails } from './email.ts'
import { findIbans } from './iban.ts'
import { findNationalIds } from './national-id.ts'
import { findPhones } from './phone.ts'

/** Where something was found: from `start` up to `end`, not including it. */
export interface Span {
  readonly start: number
  readonly end: number
}

/** Finds all of its kind in a text, in order and apart from each other, in time that grows with the length of the text alone. */
export type Detector = (text: string) => readonly Span[]

export const DETECTORS = ['email', 'phone', 'card', 'iban', 'national-id'] as const
export type DetectorName = (typeof DETECTORS)[number]

export const detectors: Readonly<Record<DetectorName, Detector>> = {
  email: findEmails,
  phone: findPhones,
  card: findCards,
  iban: findIbans,
  'national-id': findNationalIds,
}
