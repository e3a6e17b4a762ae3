export type { SlowStepOptions } from './options.ts'
export { type SlowAttempt, slowStep } from './slow-step.ts'
