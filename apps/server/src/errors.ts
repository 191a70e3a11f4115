import { errors as analyticsErrors } from '@tenon/analytics'
import { errors as apiErrors, type ErrorDescription } from '@tenon/api'
import { errors as audienceErrors } from '@tenon/audience'
import { errors as decisionErrors } from '@tenon/decision'
import { errors as importErrors } from '@tenon/import'
import { errors as ingestErrors } from '@tenon/ingest'
import { errors as kernelErrors } from '@tenon/kernel/runtime'
import { errors as operationsErrors } from '@tenon/operations'
import { errors as storeErrors } from '@tenon/store'
import { ControlFailed } from './control/errors.ts'
import { EditionChanged } from './edition.ts'
import { AddressInUse } from './listen.ts'
import { SettingInvalid } from './settings.ts'

/** Every kind of coded error that can come out of the server. */
export const errors: readonly ErrorDescription[] = [
  ...kernelErrors,
  ...storeErrors,
  ...analyticsErrors,
  ...ingestErrors,
  ...importErrors,
  ...audienceErrors,
  ...decisionErrors,
  ...apiErrors,
  ...operationsErrors,
  AddressInUse,
  ControlFailed,
  EditionChanged,
  SettingInvalid,
]
