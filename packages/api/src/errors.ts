import { defineError } from '@tenon/kernel'

export interface FieldProblem {
  /** Where in the request: `body.rule.and[1].event`, `query.limit`. */
  readonly path: string
  readonly message: string
}

const list = (problems: readonly FieldProblem[]): string => problems.map(({ path, message }) => `${path}: ${message}`).join('; ')

export const RequestInvalid = defineError({
  code: 'TENON_REQUEST_INVALID',
  status: 400,
  title: 'The request does not have the form that this route takes.',
  help: '`errors` in the answer names every field that is wrong, and why. The form of each route is at `/docs`.',
  message: (details: { readonly errors: readonly FieldProblem[] }) => list(details.errors),
})

export const BodyNotJson = defineError({
  code: 'TENON_BODY_NOT_JSON',
  status: 400,
  title: 'The body is not JSON.',
  help: 'Send one JSON object in UTF-8.',
  message: (details: { readonly problem: string }) => details.problem,
})

export const BodyUnsafe = defineError({
  code: 'TENON_BODY_UNSAFE',
  status: 400,
  title: 'The body is JSON with something in it that can not be stored.',
  help: 'The message says where it is: a key `__proto__`, the character U+0000, a lone surrogate (an emoji that was cut in half), or more than 64 levels of nesting.',
  message: (details: { readonly problem: string }) => details.problem,
})

export const BodyTooLarge = defineError({
  code: 'TENON_BODY_TOO_LARGE',
  status: 413,
  title: 'The body is larger than this route takes.',
  help: 'Send less at once: lists can be split over several requests.',
  message: (details: { readonly limitBytes: number }) => `the limit is ${details.limitBytes} bytes`,
})

export const MediaTypeUnsupported = defineError({
  code: 'TENON_MEDIA_TYPE_UNSUPPORTED',
  status: 415,
  title: 'The body has a media type that this route does not read.',
  help: 'Send `Content-Type: application/json`.',
  message: (details: { readonly mediaType: string }) => `'${details.mediaType}' is not application/json`,
})

export const Unauthorised = defineError({
  code: 'TENON_UNAUTHORISED',
  status: 401,
  title: 'The request has no valid API key.',
  help: 'Send `Authorization: Bearer <API key>`. Write keys are for the tracking routes alone. Keys are printed once, when they are made.',
  message: (details: { readonly problem: string }) => details.problem,
})

export const RouteUnknown = defineError({
  code: 'TENON_ROUTE_UNKNOWN',
  status: 404,
  title: 'There is no such route.',
  help: 'All routes are listed at `/docs` and in `/openapi.json`.',
  message: (details: { readonly method: string; readonly path: string }) => `${details.method} ${details.path}`,
})

export const MethodNotAllowed = defineError({
  code: 'TENON_METHOD_NOT_ALLOWED',
  status: 405,
  title: 'The route exists, but not for this method.',
  help: 'The `Allow` header of the answer names the methods that work.',
  message: (details: { readonly method: string; readonly path: string }) => `${details.method} ${details.path}`,
})

export const NotFound = defineError({
  code: 'TENON_NOT_FOUND',
  status: 404,
  title: 'What the path names does not exist in this workspace.',
  help: 'Check the key or identifier. A profile exists once an event with one of its identifiers has been stored, which takes a moment after it was accepted.',
  message: (details: { readonly what: string; readonly name: string }) => `no ${details.what} '${details.name}'`,
})

export const DefinitionInvalid = defineError({
  code: 'TENON_DEFINITION_INVALID',
  status: 422,
  title: 'The definition is not one that this kind understands.',
  help: '`errors` in the answer names every part that is wrong.',
  message: (details: { readonly errors: readonly FieldProblem[] }) => list(details.errors),
})

export const Conflict = defineError({
  code: 'TENON_CONFLICT',
  status: 409,
  title: 'The request contradicts the state of what it names.',
  help: 'Read it again and decide on what it is now.',
  message: (details: { readonly problem: string }) => details.problem,
})

export const CountsUnknown = defineError({
  code: 'TENON_COUNTS_UNKNOWN',
  status: 503,
  title: 'What the event log holds is not counted yet.',
  help: 'After a start Postgres says up to where the event log is stored; only then is known how many events wait in it. Events are accepted meanwhile. Ask again in a moment; where it stays like this, look at `/readyz`.',
  message: (_details: Readonly<Record<never, never>>) => 'Postgres has not said yet up to where the event log is stored',
})

export const Internal = defineError({
  code: 'TENON_INTERNAL',
  status: 500,
  title: 'Something in Tenon failed.',
  help: 'The log has the cause under the `requestId` of the answer. Nothing of it is shown to clients.',
  message: (_details: Readonly<Record<never, never>>) => 'the cause is in the log',
})

export const errors = [
  RequestInvalid,
  BodyNotJson,
  BodyUnsafe,
  BodyTooLarge,
  MediaTypeUnsupported,
  Unauthorised,
  RouteUnknown,
  MethodNotAllowed,
  NotFound,
  DefinitionInvalid,
  Conflict,
  CountsUnknown,
  Internal,
] as const
