import type { Guard, GuardTools } from '../../plugin/guard.ts'
import { guardFit } from '../check/model.ts'
import { repetitions } from '../check/repetition.ts'
import { assignmentProblem, segmentPlanProblem } from './check.ts'
import type { Assignment, Segmenter, SegmentPlan } from './contract.ts'

const PAGE_LIMIT_MS = 120_000

/** Members reach the station only for profiles that it asked for and segments that the plan declares. */
export const guardSegmenter: Guard<Segmenter> = (provider, tools) => {
  const fit = provider.fit?.bind(provider)
  const assign = provider.assign?.bind(provider)
  const can = { fit: fit !== undefined, assign: assign !== undefined }
  const plan: Segmenter['plan'] = (request) => {
    const planned = tools.callSync({ operation: 'plan', run: () => provider.plan(request) })
    const problem = segmentPlanProblem(request.key, planned, can)
    if (problem !== undefined) throw tools.violation('plan', problem)
    return planned
  }
  return {
    kind: provider.kind,
    definition: provider.definition,
    presets: provider.presets,
    plan,
    ...(fit === undefined ? {} : { fit: guardFit(fit, tools) }),
    ...(assign === undefined
      ? {}
      : {
          assign(request, context) {
            const { key, definition, profiles } = request
            const pages = tools.stream({
              operation: 'assign',
              stepLimitMs: PAGE_LIMIT_MS,
              signal: context.signal,
              run: (signal) => assign(request, { ...context, signal }),
            })
            const asked = profiles === undefined ? undefined : new Set(profiles)
            return checked(pages, plan({ key, label: { en: key }, definition }), asked, tools)
          },
        }),
  }
}

async function* checked(
  pages: AsyncIterable<readonly Assignment[]>,
  plan: SegmentPlan,
  asked: ReadonlySet<number> | undefined,
  tools: GuardTools,
): AsyncGenerator<readonly Assignment[]> {
  const segments = new Set(plan.how === 'model' ? plan.segments.map(({ key }) => key) : [plan.segment.key])
  const isExclusive = plan.how === 'model' && plan.exclusive
  const repetition = repetitions({ everybody: asked === undefined })
  for await (const page of pages) {
    if (!Array.isArray(page)) throw tools.violation('assign', 'a page is not a list')
    repetition.nextPage()
    for (const assignment of page) {
      const problem = assignmentProblem(segments, asked, assignment)
      if (problem !== undefined) throw tools.violation('assign', problem)
      if (!repetition.isNew(assignment.profile, isExclusive ? '' : assignment.segment)) {
        throw tools.violation(
          'assign',
          isExclusive ? 'a profile is in two segments that exclude each other' : 'a profile is in a segment twice',
        )
      }
    }
    yield page
  }
}
