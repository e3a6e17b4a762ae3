// A sharper limit for graphs: counts of what each node still waits for.
import { planOf } from './hand.mjs'

export const graph = {
  define: planOf,
  run: ({ needs, followers, functions }) => {
    const values = new Array(functions.length)
    const left = needs.map((of) => of.length)
    let unfinished = functions.length
    return new Promise((resolve) => {
      const start = async (index) => {
        values[index] = await functions[index](needs[index].map((need) => values[need]))
        for (const follower of followers[index]) if (--left[follower] === 0) start(follower)
        if (--unfinished === 0) resolve(values)
      }
      for (let index = 0; index < functions.length; index++) if (needs[index].length === 0) start(index)
    })
  },
}
