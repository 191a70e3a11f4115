/**
 * `npm run conformance`: plays every suite on the reference plugins; with `--seeded` also on every deliberately broken
 * one, each of which must be caught. Ends with a line of JSON; exits with 1 when a suite is too strict or too blind.
 */
import { parseArgs } from 'node:util'
import { seededKinds } from './broken/seeded-kinds.ts'

const { values } = parseArgs({ options: { seeded: { type: 'boolean', default: false } } })

let rejected = 0
let seeded = 0
let caught = 0
for (const { kind, cases, failuresOfGood, faults } of seededKinds) {
  const failures = await failuresOfGood()
  rejected += failures.length
  console.log(`${kind}: ${cases - failures.length} of ${cases} cases pass on the reference plugin`)
  for (const failure of failures) console.log(`  ✗ ${failure}`)
  for (const { name, caughtBy } of values.seeded ? faults : []) {
    const [first, ...others] = await caughtBy()
    seeded += 1
    if (first !== undefined) caught += 1
    const also = others.length === 0 ? '' : ` and ${others.length} more`
    console.log(first === undefined ? `  ✗ NOT CAUGHT: ${name}` : `  ✓ ${name}: caught by '${first}'${also}`)
  }
}

const result = { bench: 'conformance', kinds: seededKinds.length }
console.log(JSON.stringify(values.seeded ? { ...result, faults_seeded: seeded, faults_caught: caught } : result))
process.exitCode = rejected > 0 || caught < seeded ? 1 : 0
