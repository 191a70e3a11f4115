/** `npm run bench -- NAME [--smoke] [arguments]`: runs `NAME.bench.ts` and ends with one JSON object per result. */
import { readdir } from 'node:fs/promises'
import type { Bench } from './bench.ts'

const SUFFIX = '.bench.ts'

const load = async (name: string): Promise<Bench> => (await import(`./${name}${SUFFIX}`)).bench

async function main([name, ...rest]: readonly string[]): Promise<number> {
  const names = (await readdir(import.meta.dirname)).flatMap((file) => (file.endsWith(SUFFIX) ? [file.slice(0, -SUFFIX.length)] : []))
  if (name === undefined || !names.includes(name)) {
    process.stderr.write('usage: npm run bench -- NAME [--smoke]\n\n')
    for (const known of names.sort()) process.stderr.write(`  ${known.padEnd(20)} ${(await load(known)).summary}\n`)
    return name === undefined || name === '--help' ? 0 : 1
  }
  const bench = await load(name)
  const results = await bench.run({
    smoke: rest.includes('--smoke'),
    args: rest.filter((argument) => argument !== '--smoke'),
    log: (line) => void process.stderr.write(`${line}\n`),
  })
  for (const result of results) process.stdout.write(`${JSON.stringify(result)}\n`)
  return 0
}

process.exitCode = await main(process.argv.slice(2))
