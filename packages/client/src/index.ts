export { type ApiError, type ApiProblem, answer, type ClientOptions, createClient, inPath, isApiError } from './client.ts'
