import { pipeline } from '@pipe/core'
import { blackboard } from '@pipe/scheduler'

/** What is on the blackboard: a room in winter. */
export interface Room {
  /** Time in the room: minutes since midnight. */
  readonly minute: number
  /** Degrees Celsius. */
  readonly outside: number
  readonly inside: number
  readonly heating: boolean
  /** How often the heater was switched. */
  readonly switched: number
}

/** A room at midnight, before anybody has looked. */
export const coldRoom: Room = { minute: 0, outside: 0, inside: 18, heating: false, switched: 0 }

/** The heater goes on below the one and off above the other, °C. */
const [TOO_COLD, TOO_WARM] = [20, 21.5]
/** What goes on in the room from pass to pass. */
const MINUTES = 10
const DAY = 24 * 60

// What a step sees of the blackboard is what it asks for.
const Sky = blackboard<Pick<Room, 'minute' | 'outside'>>()
const Walls = blackboard<Pick<Room, 'outside' | 'inside' | 'heating'>>()
const Sensor = blackboard<Pick<Room, 'inside' | 'heating'>>()
const Heater = blackboard<Pick<Room, 'heating' | 'switched'>>()

/** Ten minutes of a room with a thermostat, in four ticks. */
export const thermostat = pipeline('thermostat', (p) => {
  const sky = p.step('sky', {
    uses: { sky: Sky },
    run: (_, { use: { sky } }) => {
      sky.update('minute', (minute) => (minute + MINUTES) % DAY)
      // The coldest time is at 3 in the night, the warmest at 15.
      sky.set('outside', tenths(3 - 6 * Math.cos(((sky.get('minute') - 180) / DAY) * 2 * Math.PI)))
    },
  })
  const walls = p.step('walls', {
    after: [sky],
    uses: { room: Walls },
    run: (_, { use: { room } }) => {
      const lost = (room.get('inside') - room.get('outside')) * 0.01
      room.update('inside', (inside) => tenths(inside - lost + (room.get('heating') ? 0.6 : 0)))
    },
  })
  const sense = p.step('sense', {
    after: [walls],
    uses: { room: Sensor },
    run: (_, { use: { room } }) => {
      if (room.get('heating')) return room.get('inside') > TOO_WARM ? 'off' : 'leave'
      return room.get('inside') < TOO_COLD ? 'on' : 'leave'
    },
  })
  return p.step('switch', {
    needs: { sense },
    when: ({ sense }) => sense !== 'leave',
    uses: { heater: Heater },
    run: ({ sense }, { use: { heater } }) => {
      heater.set('heating', sense === 'on')
      heater.update('switched', (times) => times + 1)
    },
  })
})

const tenths = (degrees: number) => Math.round(degrees * 10) / 10
