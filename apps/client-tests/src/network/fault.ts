/** What can happen to a request on its way. Each is spent on one request that carries events. */
export type Fault =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: string }
  /** The connection breaks before anything reaches the server. */
  | { readonly kind: 'reset' }
  /** Nobody ever answers, and nothing reaches the server. */
  | { readonly kind: 'hang' }
  /** To a page of the proxy that answers 200 to everything. */
  | { readonly kind: 'redirect'; readonly status: number }
  /** The server has stored it, then the connection breaks. */
  | { readonly kind: 'lose-answer' }

export type FaultKind = Fault['kind']
