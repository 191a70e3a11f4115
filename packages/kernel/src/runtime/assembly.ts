import type { Instance } from './instance.ts'
import type { KernelLogger } from './logger.ts'
import { type Fault, faultError, formatFault } from './step.ts'

/** Brings instances up in order and down in reverse. */
export interface Assembly {
  /** Migrates all, sets all up, starts all. When one fails that may not, releases everything and throws its fault. */
  up(): Promise<void>
  /** Drains all, then closes all, last started first. Goes on whatever fails; the faults are logged and returned. */
  down(): Promise<readonly Fault[]>
}

export function createAssembly(instances: readonly Instance[], logger: KernelLogger): Assembly {
  const reversed = instances.toReversed()
  const log = (fault: Fault, message: string): void => logger.error(message, { instance: fault.instance, step: fault.step })

  const down = async (): Promise<readonly Fault[]> => {
    const faults: Fault[] = []
    const collect = (found: readonly Fault[]): void => {
      for (const fault of found) log(fault, `while stopping: ${formatFault(fault)}`)
      faults.push(...found)
    }
    for (const instance of reversed.filter(({ state }) => state === 'running')) {
      const fault = await instance.drain()
      if (fault !== undefined) collect([fault])
    }
    for (const instance of reversed) collect(await instance.close())
    return faults
  }
  const takeOrFail = async (instance: Instance, step: 'migrate' | 'setup' | 'start'): Promise<void> => {
    if (instance.state === 'failed') return
    const fault = await instance[step]()
    if (fault === undefined) return
    if (instance.planned.onFailure === 'continue') {
      log(fault, `the edition goes on without ${formatFault(fault)}`)
      for (const late of await instance.fail(fault)) log(late, `while releasing ${formatFault(late)}`)
      return
    }
    throw faultError(fault, await down())
  }
  return Object.freeze({
    async up() {
      for (const step of ['migrate', 'setup', 'start'] as const) {
        for (const instance of instances) await takeOrFail(instance, step)
      }
    },
    down,
  })
}
