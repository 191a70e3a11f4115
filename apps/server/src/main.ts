/** What `npm start` runs: `tenon start` with the options that it was given. */
process.argv.splice(2, 0, 'start')
await import('./tenon.ts')
