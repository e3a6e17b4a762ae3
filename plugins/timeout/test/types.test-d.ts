import { pipeline } from '@pipe/core'
import { timeout, type TimeoutOptions } from '../src/index.ts'

const run = () => 1
pipeline('p', (p) => p.step('a', { timeout: '5s', run }))
pipeline('p', (p) => p.step('a', { timeout: 5_000, run }))
pipeline('p', (p) => p.step('a', { timeout: false, run }))
pipeline('p', (p) => p.map('a', { over: () => [1], timeout: { attempt: '5s', total: '1m' }, run }))
timeout('30s')
timeout({ total: '5m' })

// @ts-expect-error -- durations have a unit
export const unit: TimeoutOptions = { attempt: '5' }
// @ts-expect-error -- there is no such limit
export const field: TimeoutOptions = { each: '5s' }
// @ts-expect-error -- `true` does not say how long
pipeline('p', (p) => p.step('a', { timeout: true, run }))
