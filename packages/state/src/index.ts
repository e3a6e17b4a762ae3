/**
 * Runs that survive their process.
 *
 * @packageDocumentation
 */
export { type Codec, jsonCodec, Unstorable } from './codec.ts'
export { errorCodes } from './codes.ts'
export { durable } from './durable.ts'
export type { ForkOptions } from './fork.ts'
export { guardStore, isRunId } from './guard-store.ts'
export { memoryStore, type MemoryStoreOptions } from './memory-store.ts'
export type { Durability, DurableOptions } from './options.ts'
export { recover, type Recovery } from './recover.ts'
export type { RecoveredOptions, RecoverOptions } from './recover-options.ts'
export type { RecordedStep } from './recorded-steps.ts'
export type { RecoveryOptions } from './recovery-options.ts'
export type { DurableReport, ResumedSteps } from './report.ts'
export { richCodec } from './rich-codec.ts'
export type { RunInfo } from './run-info.ts'
export { RUN_STATES } from './run-state.ts'
export { type ListRuns, type PurgeRuns, type Runs, runsIn } from './runs.ts'
export type { SqliteStoreOptions } from './sqlite/options.ts'
export { sqliteStore } from './sqlite-store.ts'
export type {
  Acquired,
  Command,
  EndStatus,
  Entry,
  LeaseRequest,
  NewRun,
  Page,
  Renewed,
  RunFilter,
  RunState,
  StateStore,
  StoredRun,
  StoredStatus,
} from './store.ts'
export { storeOf } from './store-of.ts'
