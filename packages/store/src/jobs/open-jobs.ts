import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { again, type Session } from '../database/session.ts'
import { storableKey } from '../database/storable-key.ts'
import type { Jobs } from './jobs.ts'

export function openJobs(session: Session): Jobs {
  const { db } = session

  const take = (job: string, holder: string, ttlMs: number): Promise<boolean> =>
    again(session, async () => {
      const { rows } = await sql`
        insert into tenon.leases as held (job, holder, held_until) values (${job}, ${holder}, clock_timestamp() + ${ttlMs} * interval '1 ms')
        on conflict (job) do update set holder = excluded.holder, held_until = excluded.held_until
        where held.held_until < clock_timestamp() or held.holder = excluded.holder
        returning job`.execute(db)
      return rows.length > 0
    })

  const release = (job: string, holder: string): Promise<unknown> =>
    again(session, () => db.deleteFrom('tenon.leases').where('job', '=', job).where('holder', '=', holder).execute())

  return Object.freeze({
    isHeld: (job) =>
      again(session, async () => {
        const { rows } = await sql`select from tenon.leases where job = ${job} and held_until >= clock_timestamp()`.execute(db)
        return rows.length > 0
      }),
    async lease({ job, ttlMs, run, signal }) {
      const holder = randomUUID()
      if (!(await take(storableKey('name of a job', job), holder, ttlMs))) return { ran: false }
      const lost = new AbortController()
      const renewal = renewing({ ttlMs, lost, renew: () => take(job, holder, ttlMs) })
      try {
        return { ran: true, result: await run(signal ? AbortSignal.any([signal, lost.signal]) : lost.signal) }
      } finally {
        await renewal.stop()
        // If it can not be given back now, it frees itself after its time.
        await release(job, holder).catch(() => undefined)
      }
    },
  } satisfies Jobs)
}

/** Renews until stopped; three renewals fit into a lease. `lost` fires when somebody else has it, or could have it because no renewal came through. */
function renewing({ ttlMs, lost, renew }: { ttlMs: number; lost: AbortController; renew: () => Promise<boolean> }) {
  const give = () => lost.abort(new Error('the lease of the job was lost'))
  let inFlight: Promise<void> | undefined
  // Counted from the moment at which a renewal is asked for: the database counts from a later one.
  let end = setTimeout(give, ttlMs)
  const timer = setInterval(() => {
    inFlight ??= (async () => {
      const next = setTimeout(give, ttlMs)
      const kept = await renew().catch(() => undefined)
      clearTimeout(kept ? end : next)
      if (kept) end = next
      if (kept === false) give()
      inFlight = undefined
    })()
  }, ttlMs / 3)
  return {
    async stop() {
      clearInterval(timer)
      await inFlight
      clearTimeout(end)
    },
  }
}
