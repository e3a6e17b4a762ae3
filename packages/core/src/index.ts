export { abortCodeOf, type AbortCode } from './abort.ts'
export { run, start } from './bare.ts'
export type { Branch, BranchSpec } from './branch.ts'
export { type Clock, systemClock, type TimerHandle } from './clock.ts'
export type { ErrorCode, ErrorCodes } from './codes.ts'
export { derive, type StepContext } from './context.ts'
export { pipeline, type PipelineOptions } from './define-pipeline.ts'
export { toDot, toMermaid } from './draw.ts'
export type { DryRunReport, DryRunStep } from './dry-run.ts'
export { type Duration, toMs } from './duration.ts'
export type { ErrorReporter, Events } from './emitter.ts'
export { deserializeError, serializeError } from './error-data.ts'
export { isPipelineError, messageOf, PipelineError, type PipelineErrorDetails } from './errors.ts'
export { exitCodeOf, exitCodes } from './exit-code.ts'
export type { NodeKind } from './graph.ts'
export type {
  AnyHandle,
  Handle,
  MaybeHandle,
  Needs,
  OutputOfHandle,
  Outputs,
  RequiredByHandle,
  RequiredByHandles,
  SuccessOfHandle,
} from './handle.ts'
export {
  hookNames,
  type Hooks,
  type MapItem,
  type PipeEvent,
  type RunEnd,
  type RunEvent,
  type RunStart,
  type StepAttempt,
  type StepEnd,
  type StepEvent,
  type StepProgress,
  type StepRetry,
  type StepStart,
  type StepUndo,
} from './hooks.ts'
export { uuidv7 } from './ids.ts'
export { idOf } from './node-handle.ts'
export type { Logger, LogMethod } from './logger.ts'
export {
  checkOptions,
  invalidOption,
  type OptionRule,
  type OptionRules,
  type OptionSite,
  optionSite,
} from './options.ts'
export { type CloseOptions, createPipe, type Pipe, type PipeOptions } from './pipe.ts'
export type {
  AnyPipeline,
  OutputOfReturned,
  Pipeline,
  PipelineInput,
  PipelineOutput,
  RequiredByReturned,
  Returned,
} from './pipeline.ts'
export { plan, type Plan, type PlanEdge, type PlanNode } from './plan.ts'
export {
  type AttemptContext,
  type AttemptMiddleware,
  type ContextFields,
  type Decision,
  definePlugin,
  type DryRunInfo,
  type DryRunVerdict,
  type Failure,
  type FailurePolicy,
  type MiddlewareContext,
  type Next,
  type Plugin,
  type PluginHost,
  type RunMiddleware,
  type StepInfo,
  type StepMiddleware,
  type UndoMiddleware,
} from './plugin.ts'
export type {
  ErrorData,
  FailedRun,
  ItemCounts,
  RunReports,
  RunResult,
  RunStatus,
  StepResult,
  StepStatus,
  SucceededRun,
  UndoCounts,
} from './result.ts'
export type { Run } from './run.ts'
export type { RunContext } from './run-context.ts'
export type { DryRunArguments, RunArguments, RunOptions, StartOptions } from './run-options.ts'
export { type InputOf, type OutputOf, type Schema, type SchemaIssue, type SchemaResult, type } from './schema.ts'
export { type RequiredBy, type Service, service, type Services, type Uses } from './service.ts'
export { isIsolated, type Isolated, isolated } from './isolated.ts'
export { isSkip, type Skip, skip } from './skip.ts'
export {
  type Awaitable,
  type Checked,
  defineStep,
  type NodeSpec,
  type StepDefinition,
  type StepOptions,
  type StepOutput,
  type Undo,
} from './step.ts'
export type { ItemContext, LoopSpec, MapSpec, Steps } from './steps.ts'
