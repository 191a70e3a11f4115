import { openImportWorld } from './import-world.fixture.ts'

/** A process that goes on with whatever imports there are, until it is killed or told to end. */
const world = await openImportWorld(JSON.parse(process.argv[2] ?? '{}'))
process.on('disconnect', () => process.exit(0))
process.on('message', () => {
  void world.ingest
    .idle()
    .then(() => world.close())
    .then(() => process.exit(0))
})
process.send?.('up')
