import { openLog } from './open-log.ts'

// Appends numbered records as fast as it can and prints each number once it is acknowledged. Killed by its test.
const [folder = '', writers = '1'] = process.argv.slice(2)
const log = await openLog({ folder, segmentBytes: 20_000 })
let next = 0

async function write(): Promise<void> {
  for (;;) {
    const number = next++
    await log.append(Buffer.from(`${number}:${'x'.repeat(number % 700)}`), 1)
    process.stdout.write(`${number}\n`)
  }
}
await Promise.all(Array.from({ length: Number(writers) }, write))
