/** What a server answers a command with: lines of JSON, the last of them a result or a problem. */
export type ControlLine =
  | { readonly progress: unknown }
  | { readonly result: unknown }
  | { readonly problem: { readonly code: string; readonly message: string } }
  /** It lives, and is still at it. */
  | { readonly beat: true }
