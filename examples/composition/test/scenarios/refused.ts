import { pipeline } from '@pipe/core'
import { after, type Scenario, Time } from '../support/scenario.ts'

const trip = pipeline('trip', (p) => p.step('seat', { run: () => 'seat 12', undo: () => 'seat 12 is free again' }))

/** The last step fails for good: what is running is told, and what is done is taken back, last first. */
export const refused: Scenario = {
  name: 'a booking that is refused and taken back',
  pipeline: pipeline('booking', (p) => {
    const rooms = p.map('room', {
      over: () => ['Rome', 'Oslo'],
      key: (city) => city,
      run: (city) => `a room in ${city}`,
      undo: (room, { log, attempt }) => {
        log.info({ room, attempt }, 'cancelling')
        if (room.endsWith('Oslo')) throw new Error('nobody answers in Oslo')
      },
    })
    const seat = p.call('trip', trip, { after: [rooms], input: () => undefined })
    const music = p.step('music', {
      uses: { time: Time },
      after: [rooms],
      run: (_, { use, signal }) => after(60_000, use.time, signal),
    })
    const pay = p.step('pay', {
      needs: { seat },
      retry: 3,
      timeout: { attempt: '2s', total: '1m' },
      run: () => Promise.reject(new Error('card declined')),
    })
    const thanks = p.step('thanks', { needs: { pay }, run: () => 'thanks' })
    return { thanks, music }
  }),
}
