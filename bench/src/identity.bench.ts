import { startEmbedded } from '@tenon/embedded'
import type { ProfileId } from '@tenon/kernel/contracts'
import { openStore } from '@tenon/store'
import type { Bench, BenchContext } from './bench.ts'
import { inFolder } from './load/in-folder.ts'
import { freePort, type ServerProcess, startServer } from './load/server-process.ts'
import { judgeJoins, keyOf } from './people/judge-joins.ts'
import { type KnownPerson, knownPeople, populationFor } from './people/known-people.ts'
import { misplacedEvents } from './people/misplaced-events.ts'
import { sendMessages } from './people/send-messages.ts'

const SEED = 20260301
const WORKSPACE = 'main'
const PERIOD = { from: new Date('2026-03-01'), to: new Date('2026-09-01') }
const LOOK_UP = 5_000

/**
 * Customers with known truth against a server as `npm start` runs it. First their months: strangers, devices, log-ins, households
 * with one tablet. Then everybody with an account picks up a new device, is a stranger on it, and logs in: each log-in joins two
 * profiles, and only the log-ins are timed. In the end both stores are asked who is who and whose each event is. `--events=`
 * changes the number of events.
 */
export const bench: Bench = {
  summary: 'who is who, against the truth: people identified and merged a second, wrong and missed joins',
  zero: ['wrong_joins', 'missed_joins', 'misplaced_events'],
  run: (context) => inFolder('identity', (folder) => identify(folder, context)),
}

async function identify(folder: string, { smoke, args, log }: BenchContext) {
  const events = Number(args.find((arg) => arg.startsWith('--events='))?.slice(9) ?? (smoke ? 5_000 : 1_000_000))
  const { customers, truths } = populationFor(events, { seed: SEED, ...PERIOD })
  const stores = await startEmbedded({ dir: `${folder}/stores` })
  const { databaseUrl, clickhouseUrl } = stores
  const store = openStore({ databaseUrl, clock: { now: () => new Date() } })
  try {
    const server = await startServer({ dataDir: folder, port: await freePort(), databaseUrl, clickhouseUrl })
    const known = truths.flatMap(knownPeople)
    const members = known.flatMap(({ userId, index }) =>
      userId === undefined ? [] : [{ userId, index, device: `a-${SEED}-${index + 1}-watch` }],
    )
    const { profiles } = store.in(WORKSPACE)
    const measured = await measure(server, { messages: customers.messages(), members, profiles, log }).finally(server.stop)

    const deviceOf = new Map(members.map(({ index, device }) => [index, { type: 'anonymous_id', value: device }]))
    const people = known.map((person): KnownPerson => {
      const device = person.userId === undefined ? undefined : deviceOf.get(person.index)
      return device === undefined ? person : { ...person, identifiers: [...person.identifiers, device] }
    })
    const holders = new Map<string, ProfileId>()
    const asked = people.flatMap(({ identifiers }) => identifiers)
    for (let start = 0; start < asked.length; start += LOOK_UP)
      for (const owner of await profiles.owners(asked.slice(start, start + LOOK_UP)))
        for (const identifier of owner.identifiers) holders.set(keyOf(identifier), owner.profile)
    const joins = judgeJoins(people, holders)
    const misplaced = await misplacedEvents({ clickhouseUrl, workspace: WORKSPACE, people, holders })
    log(`${asked.length} identifiers of ${people.length} people and strangers, ${await profiles.count()} profiles`)
    return [
      {
        bench: 'identity',
        events: measured.events,
        people: people.length,
        identified_per_s: Math.round(measured.events / measured.seconds),
        merges_per_s: Math.round(members.length / measured.mergeSeconds),
        wrong_joins: joins.wrong,
        missed_joins: joins.missed,
        misplaced_events: misplaced,
      },
    ]
  } finally {
    await store.close()
    await stores.stop()
  }
}

interface Member {
  readonly userId: string
  readonly index: number
  readonly device: string
}

async function measure(
  server: ServerProcess,
  {
    messages,
    members,
    profiles,
    log,
  }: {
    readonly messages: Iterable<unknown>
    readonly members: readonly Member[]
    readonly profiles: { count(): Promise<number> }
    readonly log: BenchContext['log']
  },
) {
  const timed = async (some: Iterable<unknown>) => {
    const before = await server.state()
    const began = performance.now()
    const sent = await sendMessages(server, some)
    const after = await server.caughtUp()
    if (after.stored - before.stored !== sent) throw new Error(`${after.stored - before.stored} of ${sent} events were stored`)
    return { events: sent, seconds: (performance.now() - began) / 1_000 }
  }
  const months = await timed(messages)
  log(`${months.events} events in ${months.seconds.toFixed(1)} s`)
  const timestamp = PERIOD.to.toISOString()
  const onWatch = ({ index, device }: Member, call: string) => ({
    messageId: `m-${SEED}-${index + 1}-${call}`,
    anonymousId: device,
    timestamp,
  })
  await timed(members.map((member) => ({ ...onWatch(member, 'met'), type: 'track', event: 'Watch Paired' })))
  const before = await profiles.count()
  const logIns = await timed(
    members.map((member) => ({ ...onWatch(member, 'known'), type: 'identify', userId: member.userId, traits: {} })),
  )
  const merged = before - (await profiles.count())
  if (merged !== members.length) throw new Error(`${members.length} log-ins joined ${merged} profiles`)
  log(`${members.length} merges in ${logIns.seconds.toFixed(1)} s`)
  return { ...months, mergeSeconds: logIns.seconds }
}
