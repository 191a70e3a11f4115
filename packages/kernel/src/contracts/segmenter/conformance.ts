import assert from 'node:assert/strict'
import { fittedProblem } from '../check/model.ts'
import { isText } from '../check/values.ts'
import type { ProfileId } from '../nouns/identifier.ts'
import type { Properties } from '../nouns/json.ts'
import { deepFreeze } from '../suite/deep-freeze.ts'
import { allOf } from '../suite/pages.ts'
import { areSameBytes, movedBytes } from '../suite/same-bytes.ts'
import { sampleDay, sampleLongContext } from '../suite/sample-context.ts'
import { type SampleHistory, sampleHistory } from '../suite/sample-history.ts'
import { assertSchema } from '../suite/schema.ts'
import type { Suite } from '../suite/suite.ts'
import { withoutClock } from '../suite/without-clock.ts'
import { assignmentProblem, segmentPlanProblem } from './check.ts'
import type { Assignment, Segmenter, SegmentPlan } from './contract.ts'

export interface SegmenterSubject {
  readonly segmenter: Segmenter
  /** A definition of the kind, as a person would write it. */
  readonly definition: Properties
  /** Definitions that the schema refuses. */
  readonly badDefinitions: readonly unknown[]
}

const KEY = 'acme.sample'
const LABEL = deepFreeze({ en: 'Sample', zh: '样例' })
const AS_OF = sampleDay(-3)

/** Definitions reach a plugin as its schema leaves them: defaults filled in. */
async function parsed({ segmenter, definition }: SegmenterSubject): Promise<Properties> {
  const result = await segmenter.definition['~standard'].validate(definition)
  assert.equal(result.issues, undefined, 'the schema accepts the definition')
  return deepFreeze(result.issues === undefined ? result.value : definition)
}

function planned(segmenter: Segmenter, key: string, definition: Properties): SegmentPlan {
  const plan = withoutClock(() => segmenter.plan(deepFreeze({ key, label: LABEL, definition })))
  const can = { fit: segmenter.fit !== undefined, assign: segmenter.assign !== undefined }
  assert.equal(segmentPlanProblem(key, plan, can), undefined)
  return plan
}

interface ModelRun {
  readonly segmenter: Segmenter
  readonly plan: Extract<SegmentPlan, { how: 'model' }>
  fit(history: SampleHistory, seed?: number): Promise<Uint8Array | undefined>
  members(history: SampleHistory, model: Uint8Array | undefined, profiles?: readonly ProfileId[]): Promise<readonly Assignment[]>
}

/** The cases of models hold trivially for kinds whose plans the station computes itself. */
async function withModel(subject: SegmenterSubject, run: (model: ModelRun) => Promise<void>): Promise<void> {
  const { segmenter } = subject
  const definition = await parsed(subject)
  const plan = planned(segmenter, KEY, definition)
  if (plan.how !== 'model') return
  const segments = new Set(plan.segments.map(({ key }) => key))
  await run({
    segmenter,
    plan,
    async fit(history, seed = 1) {
      if (!plan.fits) return undefined
      const fitted = await segmenter.fit?.({ key: KEY, definition, history, asOf: AS_OF, seed }, sampleLongContext())
      assert.ok(fitted !== undefined && fittedProblem(fitted) === undefined, 'fit answers a model and its quality')
      return fitted.model
    },
    async members(history, model, profiles) {
      const request = { key: KEY, definition, model, history, asOf: AS_OF, ...(profiles === undefined ? {} : { profiles }) }
      const members = await allOf(segmenter.assign?.(request, sampleLongContext()))
      const asked = profiles === undefined ? undefined : new Set(profiles)
      for (const assignment of members) assert.equal(assignmentProblem(segments, asked, assignment), undefined)
      return members
    },
  })
}

const placeOf = ({ profile, segment }: Assignment): string => `${profile} ${segment}`
const sorted = (members: readonly Assignment[]) => [...members].sort((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1))

export const segmenterConformance = Object.freeze({
  'describes itself': async ({ segmenter }) => {
    assert.match(segmenter.kind, /^[a-z][a-z0-9_.-]*$/, 'the kind is lower case')
    assert.equal(new Set(segmenter.presets.map(({ key }) => key)).size, segmenter.presets.length, 'presets have keys of their own')
    for (const { label } of segmenter.presets) assert.ok(isText(label.en), 'presets have labels')
  },

  'accepts its definitions and refuses the rest': async ({ segmenter, definition, badDefinitions }) => {
    assert.ok(badDefinitions.length > 0, 'the subject brings bad definitions')
    const presets = segmenter.presets.map((preset) => preset.definition)
    await assertSchema(segmenter.definition, { good: [definition, ...presets], bad: [...badDefinitions, null, 'text', 42, []] })
  },

  'plans its definition under any key': async (subject) => {
    const definition = await parsed(subject)
    for (const key of [KEY, 'a', 'loyal_2', 'x-y.z']) planned(subject.segmenter, key, definition)
  },

  'plans its presets': async ({ segmenter, badDefinitions }) => {
    for (const { key, definition } of segmenter.presets) planned(segmenter, key, await parsed({ segmenter, definition, badDefinitions }))
  },

  'plans the same twice, and changes nothing it was given': async (subject) => {
    const definition = await parsed(subject)
    assert.deepEqual(planned(subject.segmenter, KEY, definition), planned(subject.segmenter, KEY, definition))
  },

  'learns the same from the same history and seed': async (subject) =>
    withModel(subject, async ({ fit }) => {
      const [left, right] = [await fit(sampleHistory({ people: 200 })), await fit(sampleHistory({ people: 200 }))]
      if (left !== undefined && right !== undefined) assert.ok(areSameBytes(left, right), 'two models differ')
    }),

  'finds members of segments that its plan declares, each once': async (subject) =>
    withModel(subject, async ({ plan, fit, members }) => {
      const history = sampleHistory({ people: 200 })
      const all = await members(history, await fit(history))
      assert.ok(all.length > 0, 'there are members')
      assert.equal(new Set(all.map(placeOf)).size, all.length, 'nobody is in a segment twice')
      if (plan.exclusive) assert.equal(new Set(all.map(({ profile }) => profile)).size, all.length, 'nobody is in two exclusive segments')
    }),

  'finds one person alone as among everybody': async (subject) =>
    withModel(subject, async ({ fit, members }) => {
      const history = sampleHistory({ people: 120 })
      const model = await fit(history)
      const all = await members(history, model)
      for (const profile of [1, 60, 120]) {
        const alone = await members(history, model, [profile])
        assert.deepEqual(sorted(alone), sorted(all.filter((assignment) => assignment.profile === profile)))
      }
    }),

  'says nothing of people that it does not know': async (subject) =>
    withModel(subject, async ({ fit, members }) => {
      const history = sampleHistory({ people: 50 })
      const model = await fit(history)
      assert.deepEqual(await members(history, model, [999_999]), [])
      assert.deepEqual(await members(history, model, []), [])
    }),

  'survives a workspace without people': async (subject) =>
    withModel(subject, async ({ fit, members }) => {
      const nobody = sampleHistory({ people: 0 })
      assert.deepEqual(await members(nobody, await fit(nobody)), [])
    }),

  'reads its model wherever the store keeps it': async (subject) =>
    withModel(subject, async ({ fit, members }) => {
      const history = sampleHistory({ people: 80 })
      const model = await fit(history)
      if (model === undefined) return
      assert.deepEqual(await members(history, movedBytes(model)), await members(history, model))
    }),

  'refuses bytes that it did not write': async (subject) =>
    withModel(subject, async ({ plan, members }) => {
      if (!plan.fits) return
      await assert.rejects(members(sampleHistory({ people: 10 }), Uint8Array.of(1, 2, 3)), 'a foreign model is refused')
    }),

  'keeps the models of two workspaces apart': async (subject) =>
    withModel(subject, async ({ fit, members }) => {
      const [ours, theirs] = [sampleHistory({ people: 90 }), sampleHistory({ people: 30, salt: 'other' })]
      const model = await fit(ours)
      const before = await members(ours, model)
      await members(theirs, await fit(theirs))
      assert.deepEqual(await members(ours, model), before)
    }),

  'reads the history of its own workspace, as of the instant asked for': async (subject) =>
    withModel(subject, async ({ fit, members }) => {
      const history = sampleHistory({ people: 30 })
      await members(history, await fit(history))
      for (const { workspace, asOf } of history.reads) {
        assert.equal(workspace, 'shop')
        assert.equal(asOf.getTime(), AS_OF.getTime(), 'history is read at asOf, not at another time')
      }
    }),

  'stops when nobody waits any more': async (subject) =>
    withModel(subject, async ({ segmenter, fit }) => {
      const history = sampleHistory({ people: 100 })
      const model = await fit(history)
      const request = { key: KEY, definition: await parsed(subject), model, history, asOf: AS_OF }
      const aborted = sampleLongContext({ signal: AbortSignal.abort() })
      const members = await allOf(segmenter.assign?.(request, aborted)).catch(() => [])
      assert.deepEqual(members, [], 'no members after the signal')
    }),
} satisfies Suite<SegmenterSubject>)
