export type LeaseOutcome<T> = { readonly ran: true; readonly result: T } | { readonly ran: false }

export interface Jobs {
  /**
   * Runs the job if nobody in the fleet runs it now. The lease is renewed while it runs; `signal` fires when it was lost,
   * and from then on another process may run the job. A process that dies frees the job after `ttlMs`.
   */
  lease<T>(request: {
    readonly job: string
    readonly ttlMs: number
    run(signal: AbortSignal): Promise<T>
    /** Fires `signal` too. */
    readonly signal?: AbortSignal
  }): Promise<LeaseOutcome<T>>
  /** Whether somebody in the fleet holds the lease of the job now. */
  isHeld(job: string): Promise<boolean>
}
