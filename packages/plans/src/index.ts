export type { CheckedEvent } from './check-event.ts'
export type { PlanProblem } from './parse-plan.ts'
export type { Finding, Mode, PlannedEvent, Schema, TrackingPlan, Violation } from './plan.ts'
export { createTrackingPlans, type FindPlan, type PutPlan, type TrackingPlans } from './tracking-plans.ts'
