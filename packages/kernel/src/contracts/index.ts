export { benefitKind } from './benefit/capability.ts'
export type { Benefit, BenefitCommand, BenefitKind, BenefitOutcome, BenefitTransaction, Grant, GrantChange } from './benefit/contract.ts'
export { channel } from './channel/capability.ts'
export type { Channel, Delivery, DeliveryReceipt, OutboundMessage } from './channel/contract.ts'
export { isProperties } from './check/json.ts'
export { consentPolicy } from './consent/capability.ts'
export type { Action, ConsentPolicy, Decision, PurposeDescription, Receipt } from './consent/contract.ts'
export type { Gate, Permit } from './consent/gate.ts'
export { type Clock, core, type Logger } from './core/core.ts'
export { type Meter, type MetricSpec, noMeter } from './core/meter.ts'
export { identityPolicy } from './identity/capability.ts'
export type { Dropped, IdentifierType, IdentityPlan, IdentityPolicy, Owner } from './identity/contract.ts'
export { matcher } from './matcher/capability.ts'
export type {
  MatchEvidence,
  Matcher,
  MatchField,
  MatchLimits,
  MatchOpinion,
  MatchProposal,
  MatchRecord,
  MatchRecords,
  PairMatcher,
} from './matcher/contract.ts'
export { type MatchVerdict, matchVerdict } from './matcher/verdict.ts'
export type { Basket } from './nouns/basket.ts'
export type { CallContext, LongCallContext } from './nouns/context.ts'
export type { CustomerEvent, EventDraft, EventType, Refused } from './nouns/event.ts'
export type { History } from './nouns/history.ts'
export type { Identifier, ProfileId } from './nouns/identifier.ts'
export type { Interaction, Item, ItemId } from './nouns/item.ts'
export type { Json, Properties } from './nouns/json.ts'
export type { Label } from './nouns/label.ts'
export type { FitRequest, Fitted } from './nouns/learning.ts'
export { parseJson } from './nouns/parse-json.ts'
export { type Purpose, purposes } from './nouns/purpose.ts'
export type { Reason } from './nouns/reason.ts'
export type { TagValue, ValueType } from './nouns/value.ts'
export { recommender } from './recommender/capability.ts'
export type { Candidate, Interactions, KindWeights, Recommender, RecommendRequest, Scorer } from './recommender/contract.ts'
export { findSegmentCycle } from './rule/cycle.ts'
export { measureDependencies, type RuleDependencies, ruleDependencies } from './rule/dependencies.ts'
export { describeMeasure, describeRule, type Naming } from './rule/describe.ts'
export { durationMs } from './rule/duration.ts'
export { dayOf, INSTANT_PATTERN, instantOf, startOfDay } from './rule/instant.ts'
export { nearest } from './rule/nearest.ts'
export { type ParsedMeasure, type ParsedRule, parseMeasure, parseRule, printRule } from './rule/parse.ts'
export { type PathStep, stepsOf } from './rule/path.ts'
export { problemPath, RULE_LIMITS, type RuleProblem } from './rule/reading.ts'
export type {
  Comparison,
  Duration,
  Measure,
  Measured,
  MeasureKind,
  NeverBetween,
  Rule,
  Scalar,
  SequenceStep,
  Where,
  Window,
} from './rule/rule.ts'
export { measureType } from './rule/value-type.ts'
export type { Language } from './rule/words.ts'
export { segmenter } from './segmenter/capability.ts'
export type { Assignment, SegmentDescription, Segmenter, SegmentPlan } from './segmenter/contract.ts'
export { pushSource } from './source/capability.ts'
export { draftProblem } from './source/check.ts'
export type { Method, PushAnswer, PushOutcome, PushReading, PushRequest, PushSource } from './source/contract.ts'
export { tagger } from './tag/capability.ts'
export type { TagDescription, Tagger, TagModelValue, TagPlan } from './tag/contract.ts'
export { transformation } from './transformation/capability.ts'
export type { EventParts, Transformation, TransformContext, TransformOutcome } from './transformation/contract.ts'
