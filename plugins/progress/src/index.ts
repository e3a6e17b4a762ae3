export type { ProgressMode, ProgressOptions } from './options.ts'
export { progress } from './progress.ts'
export { timeline, type TimelineOptions } from './timeline.ts'
