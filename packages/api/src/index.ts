export { type Api, type ApiOptions, createApi } from './app.ts'
export { errors } from './errors.ts'
export type { ErrorDescription, Problem } from './http/problem.ts'
export type { Platform } from './platform.ts'
