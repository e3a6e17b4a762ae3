import { pipeline } from '@pipe/core'
import { after, deafly, type Scenario, Time } from '../support/scenario.ts'

/** One step waits for its next attempt, items are running, a step does not listen. */
const busy = pipeline('busy', (p) => {
  const first = p.step('first', { run: () => 'done', undo: () => 'undone' })
  const again = p.step('again', {
    needs: { first },
    retry: { maxAttempts: 9, initialDelay: '10m', maxDelay: '10m' },
    run: () => Promise.reject(new Error('try later')),
  })
  const items = p.map('item', {
    uses: { time: Time },
    over: () => [100, 3_600_000, 1],
    concurrency: 2,
    timeout: '2h',
    run: (ms, { use, signal }) => after(ms, use.time, signal),
  })
  const deaf = p.step('deaf', { uses: { time: Time }, run: (_, { use }) => deafly(90_000, use.time) })
  const never = p.step('never', { needs: { again, items }, run: () => 'never' })
  return { never, deaf }
})

export const cancelled: Scenario = {
  name: 'a run that is cancelled while a step waits, items run and a step does not listen',
  pipeline: busy,
  options: { grace: '5s' },
  act: async (run, clock) => {
    await clock.advance('30s')
    run.cancel('the shop is closed')
  },
}

export const tooLong: Scenario = {
  name: 'a run that takes longer than it may',
  pipeline: busy,
  options: { timeout: '30s', grace: '5s' },
}

export const paused: Scenario = {
  name: 'a run that does one thing at a time, goes on after a failure, and is paused while a step waits',
  options: { concurrency: 1, failure: 'continue' },
  pipeline: pipeline('calm', (p) => {
    const bad = p.step('bad', { retry: 2, run: () => Promise.reject(new Error('boom')) })
    const after = p.step('after', { needs: { bad }, run: () => 'never' })
    const good = p.map('good', { over: () => [1, 2], retry: 2, run: (n) => n })
    const last = p.step('last', { needs: { good }, run: ({ good }) => good.length })
    return { after, last }
  }),
  act: async (run, clock) => {
    await clock.advance('500ms')
    run.pause()
    await clock.advance('10s')
    run.resume()
  },
}
