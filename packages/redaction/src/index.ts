export type { ErrorSnapshot } from './copier.ts'
export type { SnapshotOptions } from './options.ts'
export type { RedactOptions } from './redaction.ts'
export { type Snapshots, snapshotsOf } from './snapshots.ts'
