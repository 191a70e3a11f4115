import type { Guard, GuardTools } from '../../plugin/guard.ts'
import { guardFit } from '../check/model.ts'
import { repetitions } from '../check/repetition.ts'
import { tagPlanProblem, tagsOf, tagValueProblem } from './check.ts'
import type { Page, TagDescription, Tagger, TagModelValue } from './contract.ts'

const PAGE_LIMIT_MS = 120_000

/** Values reach the station only for profiles that it asked for, tags that the plan declares, and in their type. */
export const guardTagger: Guard<Tagger> = (provider, tools) => {
  const fit = provider.fit?.bind(provider)
  const value = provider.value?.bind(provider)
  const can = { fit: fit !== undefined, value: value !== undefined }
  const plan: Tagger['plan'] = (request) => {
    const planned = tools.callSync({ operation: 'plan', run: () => provider.plan(request) })
    const problem = tagPlanProblem(request.key, planned, can)
    if (problem !== undefined) throw tools.violation('plan', problem)
    return planned
  }
  return {
    kind: provider.kind,
    definition: provider.definition,
    presets: provider.presets,
    plan,
    ...(fit === undefined ? {} : { fit: guardFit(fit, tools) }),
    ...(value === undefined
      ? {}
      : {
          value(request, context) {
            const { key, definition, profiles } = request
            const pages = tools.stream({
              operation: 'value',
              stepLimitMs: PAGE_LIMIT_MS,
              signal: context.signal,
              run: (signal) => value(request, { ...context, signal }),
            })
            const asked = profiles === undefined ? undefined : new Set(profiles)
            return checked(pages, tagsOf(plan({ key, label: { en: key }, definition })), asked, tools)
          },
        }),
  }
}

async function* checked(
  pages: AsyncIterable<Page<TagModelValue>>,
  tags: ReadonlyMap<string, TagDescription>,
  asked: ReadonlySet<number> | undefined,
  tools: GuardTools,
): AsyncGenerator<Page<TagModelValue>> {
  const repetition = repetitions({ everybody: asked === undefined })
  for await (const page of pages) {
    if (!Array.isArray(page)) throw tools.violation('value', 'a page is not a list')
    repetition.nextPage()
    for (const value of page) {
      const problem = tagValueProblem(tags, asked, value)
      if (problem !== undefined) throw tools.violation('value', problem)
      if (!repetition.isNew(value.profile, value.tag)) throw tools.violation('value', `a profile has '${value.tag}' twice`)
    }
    yield page
  }
}
