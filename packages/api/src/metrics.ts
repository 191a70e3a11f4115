import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { Platform } from './platform.ts'
import { printLatency } from './plugin-latency.ts'
import { createStoredFigures } from './stored-figures.ts'

/** What Prometheus reads: read from the stations at each scrape, so that nothing is counted twice. */
export interface Metrics {
  readonly contentType: string
  print(): Promise<string>
}

export function createMetrics(platform: Platform): Metrics {
  const { ingest, audience, kernel, storing, engine, meter, clock } = platform
  const registry = new Registry()
  const readStored = createStoredFigures(platform)
  collectDefaultMetrics({ register: registry })
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers: [registry] })
  const counter = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Counter({ name, help, labelNames: [...labelNames], registers: [registry] })

  const events = gauge(
    'tenon_events_total',
    'Events since the data folder was made: received = stored + duplicate + failed + dropped + in_log.',
    ['state'],
  )
  const logBytes = gauge('tenon_log_bytes', 'Bytes that the event log holds, on disk or in its streams.')
  const logBudget = gauge('tenon_log_budget_bytes', 'Bytes that may wait in the event log.')
  const logAge = gauge('tenon_log_oldest_seconds', 'For how long the first event in the log has waited to be stored.')
  const storingMemory = gauge('tenon_storing_resident_bytes', 'Memory of the process that stores the local log; 0 where there is none.')
  const engineMemory = gauge('tenon_engine_resident_bytes', 'Memory of the embedded ClickHouse engine; 0 where there is none.')
  const messages = gauge('tenon_messages', 'Messages by channel and state: accepted = delivered + dropped + pending.', [
    'workspace',
    'channel',
    'state',
  ])
  const behind = gauge('tenon_audience_behind', '1 while stored events wait for their evaluation.')
  const matches = gauge('tenon_match_queue', 'Pairs of people who are probably one, and wait for a decision.', ['workspace', 'instance'])
  const imports = gauge('tenon_imports', 'Imports that are queued and running.', ['workspace', 'state'])
  const replays = gauge('tenon_replays_running', 'Replays of failed events that are under way.', ['workspace'])
  const complete = gauge('tenon_scrape_complete', '0 where the store did not answer in time, or not yet: what it knows is left out.')
  const calls = counter('tenon_plugin_calls_total', 'Calls to plugins by outcome.', ['instance', 'operation', 'outcome'])
  const circuits = gauge('tenon_plugin_circuit_open', '1 while the circuit of an instance is not closed.', ['instance'])

  return {
    contentType: registry.contentType,
    async print() {
      const stats = await ingest.measure()
      if (stats.isKnown) {
        for (const state of ['received', 'stored', 'duplicate', 'failed', 'dropped'] as const) events.set({ state }, stats[state])
        events.set({ state: 'in_log' }, stats.inLog)
      }
      logBytes.set(stats.logBytes)
      logBudget.set(stats.logBudgetBytes)
      storingMemory.set(storing.rssBytes())
      engineMemory.set(engine.rssBytes())
      const oldest = await ingest.oldestWaiting()
      if (stats.isKnown) logAge.set(oldest === undefined ? 0 : Math.max(0, (clock.now().getTime() - oldest.getTime()) / 1_000))
      else logAge.remove()
      const stored = await readStored()
      for (const each of [messages, matches, imports, replays, calls]) each.reset()
      complete.set(stored === undefined || !stats.isKnown ? 0 : 1)
      for (const { count, ...labels } of stored?.messages ?? []) messages.set(labels, count)
      for (const { count, ...labels } of stored?.matches ?? []) matches.set(labels, count)
      for (const { count, ...labels } of stored?.imports ?? []) imports.set(labels, count)
      for (const { count, ...labels } of stored?.replays ?? []) replays.set(labels, count)
      behind.set(audience.health().behind ? 1 : 0)
      const { calls: operations, circuits: states } = kernel.metrics()
      for (const { instance, operation, outcome, count } of operations.flatMap(outcomesOf))
        calls.inc({ instance, operation, outcome }, count)
      for (const { instance, state } of states) circuits.set({ instance }, state === 'closed' ? 0 : 1)
      return `${await registry.metrics()}${printLatency(operations)}${await meter.print()}`
    },
  }
}

type Operation = ReturnType<Platform['kernel']['metrics']>['calls'][number]

const outcomesOf = ({ instance, operation, outcomes }: Operation) =>
  Object.entries(outcomes).map(([outcome, count]) => ({ instance, operation, outcome, count }))
