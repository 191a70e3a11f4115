import type { InspectedInstance, InspectedNeed, Inspection } from '@tenon/kernel/runtime'

/** An inspection for people: instances in start order, each with who serves its needs. */
export function printInspection({ edition, startMs, instances }: Inspection): string {
  const plugins = `${instances.length} ${instances.length === 1 ? 'plugin' : 'plugins'}`
  return `${edition}: ${plugins}, started in ${milliseconds(startMs)}\n${instances.map(printInstance).join('')}`
}

function printInstance({ instance, plugin, version, health, times, needs, provides, jobs, hasRoutes }: InspectedInstance): string {
  const name = instance === plugin ? instance : `${instance} (${plugin})`
  const taken = Object.entries(times).map(([step, ms]) => `${step} ${milliseconds(ms)}`)
  const lines = [
    ...(health.status === 'ok' ? [] : [`reason    ${health.reason}`]),
    `times     ${taken.join(' · ')}`,
    ...(provides.length === 0 ? [] : [`provides  ${provides.join(', ')}`]),
    ...needs.map((need) => `needs     ${printNeed(need)}`),
    ...(hasRoutes ? [`routes    /plugins/${instance}`] : []),
    ...(jobs.length === 0 ? [] : [`jobs      ${jobs.join(', ')}`]),
  ]
  const branches = lines.map((line, index) => `${index === lines.length - 1 ? '└─' : '├─'} ${line}\n`)
  return `\n${SIGNS[health.status]} ${name} ${version}  ${health.status}\n${branches.join('')}`
}

const SIGNS = Object.freeze({ ok: '●', degraded: '◐', down: '○' })

function printNeed({ name, capability, required, from }: InspectedNeed): string {
  const who = from === 'host' ? 'the host' : from.join(', ')
  return `${name}: ${capability} ← ${who === '' ? 'nobody' : who}${required ? '' : ' (optional)'}`
}

const milliseconds = (ms: number): string => (ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`)
