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
import { tagPlanProblem, tagsOf, tagValueProblem } from './check.ts'
import type { Tagger, TagModelValue, TagPlan } from './contract.ts'

export interface TaggerSubject {
  readonly tagger: Tagger
  /** A definition of the kind, as a person would write it. */
  readonly definition: Properties
  /** Definitions that the schema refuses. */
  readonly badDefinitions: readonly unknown[]
}

const KEY = 'acme.sample'
const LABEL = deepFreeze({ en: 'Sample', zh: '样例' })
const AS_OF = sampleDay(-3)

/** Definitions reach a plugin as its schema leaves them: defaults filled in. */
async function parsed({ tagger, definition }: TaggerSubject): Promise<Properties> {
  const result = await tagger.definition['~standard'].validate(definition)
  assert.equal(result.issues, undefined, 'the schema accepts the definition')
  return deepFreeze(result.issues === undefined ? result.value : definition)
}

function planned(tagger: Tagger, key: string, definition: Properties): TagPlan {
  const plan = withoutClock(() => tagger.plan(deepFreeze({ key, label: LABEL, definition })))
  const can = { fit: tagger.fit !== undefined, value: tagger.value !== undefined }
  assert.equal(tagPlanProblem(key, plan, can), undefined)
  return plan
}

interface ModelRun {
  readonly tagger: Tagger
  readonly plan: TagPlan
  fit(history: SampleHistory, seed?: number): Promise<Uint8Array | undefined>
  values(history: SampleHistory, model: Uint8Array | undefined, profiles?: readonly ProfileId[]): Promise<readonly TagModelValue[]>
}

/** The cases of models hold trivially for kinds whose plans the station computes itself. */
async function withModel(subject: TaggerSubject, run: (model: ModelRun) => Promise<void>): Promise<void> {
  const { tagger } = subject
  const definition = await parsed(subject)
  const plan = planned(tagger, KEY, definition)
  if (plan.how !== 'model') return
  await run({
    tagger,
    plan,
    async fit(history, seed = 1) {
      if (!plan.fits) return undefined
      const fitted = await tagger.fit?.({ key: KEY, definition, history, asOf: AS_OF, seed }, sampleLongContext())
      assert.ok(fitted !== undefined && fittedProblem(fitted) === undefined, 'fit answers a model and its quality')
      return fitted.model
    },
    async values(history, model, profiles) {
      const request = { key: KEY, definition, model, history, asOf: AS_OF, ...(profiles === undefined ? {} : { profiles }) }
      const values = await allOf(tagger.value?.(request, sampleLongContext()))
      const asked = profiles === undefined ? undefined : new Set(profiles)
      for (const value of values) assert.equal(tagValueProblem(tagsOf(plan), asked, value), undefined)
      return values
    },
  })
}

const placeOf = ({ profile, tag }: TagModelValue): string => `${profile} ${tag}`
const sorted = (values: readonly TagModelValue[]) => [...values].sort((left, right) => (placeOf(left) < placeOf(right) ? -1 : 1))

export const taggerConformance = Object.freeze({
  'describes itself': async ({ tagger }) => {
    assert.match(tagger.kind, /^[a-z][a-z0-9_.-]*$/, 'the kind is lower case')
    assert.equal(new Set(tagger.presets.map(({ key }) => key)).size, tagger.presets.length, 'presets have keys of their own')
    for (const { label } of tagger.presets) assert.ok(isText(label.en), 'presets have labels')
  },

  'accepts its definitions and refuses the rest': async ({ tagger, definition, badDefinitions }) => {
    assert.ok(badDefinitions.length > 0, 'the subject brings bad definitions')
    const presets = tagger.presets.map((preset) => preset.definition)
    await assertSchema(tagger.definition, { good: [definition, ...presets], bad: [...badDefinitions, null, 'text', 42, []] })
  },

  'plans its definition under any key': async (subject) => {
    const definition = await parsed(subject)
    for (const key of [KEY, 'a', 'loyal_2', 'x-y.z']) planned(subject.tagger, key, definition)
  },

  'plans its presets': async ({ tagger, badDefinitions }) => {
    for (const { key, definition } of tagger.presets) planned(tagger, key, await parsed({ tagger, definition, badDefinitions }))
  },

  'plans the same twice, and changes nothing it was given': async (subject) => {
    const definition = await parsed(subject)
    assert.deepEqual(planned(subject.tagger, KEY, definition), planned(subject.tagger, KEY, definition))
  },

  'learns the same from the same history and seed': async (subject) =>
    withModel(subject, async ({ fit }) => {
      const [left, right] = [await fit(sampleHistory({ people: 200 })), await fit(sampleHistory({ people: 200 }))]
      if (left !== undefined && right !== undefined) assert.ok(areSameBytes(left, right), 'two models differ')
    }),

  'gives values that its plan declares, each once': async (subject) =>
    withModel(subject, async ({ fit, values }) => {
      const history = sampleHistory({ people: 200 })
      const all = await values(history, await fit(history))
      assert.ok(all.length > 0, 'there are values')
      assert.equal(new Set(all.map(placeOf)).size, all.length, 'no profile has a tag twice')
    }),

  'gives one person the same value alone and among everybody': async (subject) =>
    withModel(subject, async ({ fit, values }) => {
      const history = sampleHistory({ people: 120 })
      const model = await fit(history)
      const all = await values(history, model)
      for (const profile of [1, 60, 120]) {
        const alone = await values(history, model, [profile])
        assert.deepEqual(sorted(alone), sorted(all.filter((value) => value.profile === profile)))
      }
    }),

  'says nothing of people that it does not know': async (subject) =>
    withModel(subject, async ({ fit, values }) => {
      const history = sampleHistory({ people: 50 })
      const model = await fit(history)
      assert.deepEqual(await values(history, model, [999_999]), [])
      assert.deepEqual(await values(history, model, []), [])
    }),

  'survives a workspace without people': async (subject) =>
    withModel(subject, async ({ fit, values }) => {
      const nobody = sampleHistory({ people: 0 })
      assert.deepEqual(await values(nobody, await fit(nobody)), [])
    }),

  'reads its model wherever the store keeps it': async (subject) =>
    withModel(subject, async ({ fit, values }) => {
      const history = sampleHistory({ people: 80 })
      const model = await fit(history)
      if (model === undefined) return
      assert.deepEqual(await values(history, movedBytes(model)), await values(history, model))
    }),

  'refuses bytes that it did not write': async (subject) =>
    withModel(subject, async ({ plan, values }) => {
      if (plan.how !== 'model' || !plan.fits) return
      await assert.rejects(values(sampleHistory({ people: 10 }), Uint8Array.of(1, 2, 3)), 'a foreign model is refused')
    }),

  'keeps the models of two workspaces apart': async (subject) =>
    withModel(subject, async ({ fit, values }) => {
      const [ours, theirs] = [sampleHistory({ people: 90 }), sampleHistory({ people: 30, salt: 'other' })]
      const model = await fit(ours)
      const before = await values(ours, model)
      await values(theirs, await fit(theirs))
      assert.deepEqual(await values(ours, model), before)
    }),

  'reads the history of its own workspace, as of the instant asked for': async (subject) =>
    withModel(subject, async ({ fit, values }) => {
      const history = sampleHistory({ people: 30 })
      await values(history, await fit(history))
      for (const { workspace, asOf } of history.reads) {
        assert.equal(workspace, 'shop')
        assert.equal(asOf.getTime(), AS_OF.getTime(), 'history is read at asOf, not at another time')
      }
    }),

  'stops when nobody waits any more': async (subject) =>
    withModel(subject, async ({ tagger, fit }) => {
      const history = sampleHistory({ people: 100 })
      const model = await fit(history)
      const request = { key: KEY, definition: await parsed(subject), model, history, asOf: AS_OF }
      const aborted = sampleLongContext({ signal: AbortSignal.abort() })
      const values = await allOf(tagger.value?.(request, aborted)).catch(() => [])
      assert.deepEqual(values, [], 'no values after the signal')
    }),
} satisfies Suite<TaggerSubject>)
