import { pipeline } from '@pipe/core'
import { after, deafly, type Scenario, Time } from '../support/scenario.ts'

/** Attempts that take too long are tried again; one that does not listen is waited for, and nothing overlaps. */
export const attemptsTooLong: Scenario = {
  name: 'attempts that take too long',
  pipeline: pipeline('slow', (p) => {
    const listens = p.step('listens', {
      uses: { time: Time },
      retry: { maxAttempts: 3, initialDelay: 0 },
      timeout: '2s',
      run: (_, { attempt, use, signal }) => after(attempt < 3 ? 60_000 : 1_000, use.time, signal),
    })
    const deaf = p.step('deaf', {
      uses: { time: Time },
      retry: { maxAttempts: 2, initialDelay: 0 },
      timeout: '2s',
      run: (_, { attempt, use }) => deafly(attempt === 1 ? 30_000 : 1_000, use.time),
    })
    const given = p.step('given up', {
      uses: { time: Time },
      optional: true,
      timeout: '2s',
      run: (_, { use }) => deafly(600_000, use.time),
    })
    return { listens, deaf, given }
  }),
}

/** All attempts together may take five seconds. */
export const stepTooLong: Scenario = {
  name: 'a step whose attempts together take too long',
  pipeline: pipeline('hopeless', (p) =>
    p.step('try', {
      uses: { time: Time },
      retry: { maxAttempts: 9, backoff: 'constant' },
      timeout: { attempt: '1s', total: '5s' },
      run: (_, { use, signal }) => after(60_000, use.time, signal),
    }),
  ),
}
