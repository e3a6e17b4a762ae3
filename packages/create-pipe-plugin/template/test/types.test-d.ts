import { createPipe, pipeline } from '@pipe/core'
import { slowStep, type SlowStepOptions } from '../src/index.ts'

const run = () => 1
pipeline('p', (p) => p.step('a', { slowStep: {}, run }))
pipeline('p', (p) => p.step('a', { slowStep: { after: '2s' }, run }))
pipeline('p', (p) => p.map('a', { over: () => [1], slowStep: { after: 250 }, run }))

createPipe({ plugins: [slowStep()] }).events.on('slow-step:slow', ({ stepId, afterMs }) => {
  const path: string = stepId
  const milliseconds: number = afterMs
  return [path, milliseconds]
})

// @ts-expect-error -- durations have a unit
export const unit: SlowStepOptions = { after: '2 seconds' }
// @ts-expect-error -- there is no such option
slowStep({ before: '2s' })
// @ts-expect-error -- `true` does not say when
pipeline('p', (p) => p.step('a', { slowStep: true, run }))
