import { openImportWorld } from './import-world.fixture.ts'
import { type Stall, stallable } from './stallable.fixture.ts'

/** A process that goes on with whatever imports there are, until it is killed or told to end. Told to stall at an import, it says when it does; told to settle, when all is stored. */
const { connections = [], ...options } = JSON.parse(process.argv[2] ?? '{}')
let stallAt: (stall: Stall) => void = () => undefined
const world = await openImportWorld({
  ...options,
  connections: new Map(connections),
  ingestOf: (ingest) => {
    const stalling = stallable(ingest, () => process.send?.('stalled'))
    stallAt = stalling.stallAt
    return stalling
  },
})
process.on('disconnect', () => process.exit(0))
process.on('message', (told: 'end' | 'settle' | Stall) => {
  if (told === 'settle') return void world.ingest.idle().then(() => process.send?.('settled'))
  if (told !== 'end') return stallAt(told)
  void world.ingest
    .idle()
    .then(() => world.close())
    .then(() => process.exit(0))
})
process.send?.('up')
