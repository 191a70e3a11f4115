import { openLog } from './open-log.ts'

// Appends until the system does not take a record, then a smaller one, and says what was acknowledged and why the other was refused.
const [folder = ''] = process.argv.slice(2)
const log = await openLog({ folder })
const kept: string[] = []
let reason = ''
async function append(name: string, bytes: number): Promise<void> {
  try {
    await log.append(Buffer.from(name.padEnd(bytes, '.')), 1)
    kept.push(name)
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error)
  }
}
for (let index = 0; reason === '' && index < 1_000; index++) await append(`record ${index} `, 5_000)
await append('a small one ', 100)
process.stdout.write(JSON.stringify({ kept, reason }))
// The log is not closed: what is found is what was on disk.
process.disconnect?.()
process.exit()
