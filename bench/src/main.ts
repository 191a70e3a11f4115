/** `npm run bench -- NAME [--smoke] [arguments]`: runs `NAME.bench.ts` and ends with one JSON object per result. `--smoke` alone runs all. Ends with 1 where a figure that must be zero is not. */
import { readdir } from 'node:fs/promises'
import { type Bench, broken } from './bench.ts'

const SUFFIX = '.bench.ts'

const load = async (name: string): Promise<Bench> => (await import(`./${name}${SUFFIX}`)).bench

async function main(given: readonly string[]): Promise<number> {
  const smoke = given.includes('--smoke')
  const [name, ...args] = given.filter((argument) => argument !== '--smoke')
  const names = (await readdir(import.meta.dirname))
    .flatMap((file) => (file.endsWith(SUFFIX) ? [file.slice(0, -SUFFIX.length)] : []))
    .sort()
  const wanted = name === undefined ? (smoke ? names : []) : names.filter((known) => known === name)
  if (wanted.length === 0) {
    process.stderr.write('usage: npm run bench -- NAME [--smoke]\n       npm run bench -- --smoke\n\n')
    for (const known of names) process.stderr.write(`  ${known.padEnd(20)} ${(await load(known)).summary}\n`)
    return name === undefined || name === '--help' ? 0 : 1
  }
  let faults = 0
  for (const each of wanted) {
    const bench = await load(each)
    const results = await bench.run({ smoke, args, log: (line) => void process.stderr.write(`${line}\n`) })
    for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`)
    for (const fault of broken(bench, results)) {
      faults += 1
      process.stderr.write(`${fault}\n`)
    }
  }
  return faults === 0 ? 0 : 1
}

process.exitCode = await main(process.argv.slice(2))
