import { optionSite, type StepInfo } from '@pipe/core'
import {
  type ErrorSnapshot,
  type RedactOptions,
  type SnapshotOptions,
  type Snapshots,
  snapshotsOf,
} from '../src/index.ts'

declare const redact: RedactOptions | false | undefined
declare const step: StepInfo

const snapshots: Snapshots = snapshotsOf()
snapshotsOf({ redact: false })
snapshotsOf({ redact, maxLength: undefined })
snapshotsOf({ redact: { paths: ['user.email'], keys: ['iban', /^tax/], patterns: [/CUST-\d+/] }, maxLength: 1_000 })
snapshotsOf({}, { owner: 'tracker()', plugin: 'sql' })
snapshotsOf({}, optionSite(step, 'sql', 'track', 'false or an object'))

export const text: string = snapshots.text('a')
export const copy: unknown = snapshots.of(1)
export const error: ErrorSnapshot = snapshots.error('anything', { stacks: false })
export const name: string = error.name
export const stack: string | undefined = error.stack
export const code: unknown = error['code']

// @ts-expect-error -- a copy is anything until it is looked at
export const user: { name: string } = snapshots.of({ name: 'Ada' })
// @ts-expect-error -- `true` does not say what is taken out
export const on: SnapshotOptions = { redact: true }
// @ts-expect-error -- a pattern is an expression
export const pattern: RedactOptions = { patterns: ['secret'] }
// @ts-expect-error -- whose options they are is needed for the error
snapshotsOf({}, { plugin: 'sql' })
