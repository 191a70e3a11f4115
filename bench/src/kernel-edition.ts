/** Sources of an edition of any size in which plugins need each other: every one three before it, and one kind all of them. */

const NEEDED_BEFORE = [1, 7, 13]

export function pluginSource(index: number): string {
  const providers = NEEDED_BEFORE.map((distance) => index - distance).filter((other) => other >= 0)
  const imports = providers.map((other) => `import { capability as capability${other} } from './plugin-${other}.ts'`)
  const needs = providers.map((other) => `p${other}: capability${other}`)
  return `
import { defineCapability, definePlugin, of, optional } from '@tenon/kernel'
import { z } from 'zod'
${imports.join('\n')}
export interface Service${index} { readonly index: number; answer(question: string): Promise<string> }
export const capability = defineCapability({
  id: 'bench.service${index}/1',
  arity: 'one',
  type: of<Service${index}>(),
  guard: (provider, tools) => ({
    index: ${index},
    answer: (question) => tools.call({ operation: 'answer', limitMs: 1_000, run: () => provider.answer(question) }),
  }),
})
export const missing = defineCapability({ id: 'bench.missing${index}/1', arity: 'one', type: of<Service${index}>() })
export const plugin = definePlugin({
  id: 'bench.plugin${index}',
  version: '1.0.0',
  config: z.object({ name: z.string(), limit: z.number().int().default(10), token: z.string().meta({ writeOnly: true }), nested: z.object({ on: z.boolean() }).optional() }),
  needs: { ${[...needs, 'missing: optional(missing)'].join(', ')} },
  provides: { capability },
  setup: ({ config, needs, onClose }) => {
    onClose(() => {})
    const others: readonly number[] = [${providers.map((other) => `needs.p${other}.index`).join(', ')}]
    return {
      provide: { capability: { index: ${index}, answer: async (question) => [config.name, question, ...others].join(' ') } },
      start: () => {},
      health: () => ({ status: 'ok' }),
    }
  },
})
`
}

/** Consumers are written before their providers, so that the start order is not the written one. */
export function editionSource(plugins: number): string {
  const indexes = Array.from({ length: plugins }, (_, index) => plugins - 1 - index)
  const imports = indexes.map((index) => `import { plugin as plugin${index} } from './plugins/plugin-${index}.ts'`)
  const uses = indexes.map(
    (index) => `    use(plugin${index}, { name: 'plugin ${index}', token: 'not-so-secret-${index}', nested: { on: true } }),`,
  )
  return `
import { defineEdition, use } from '@tenon/kernel'
${imports.join('\n')}
export const edition = defineEdition({
  name: 'bench',
  plugins: [
${uses.join('\n')}
  ],
})
`
}
