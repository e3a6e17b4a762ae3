// A program that does not end when it is told to.
import { onStop } from '../src/stop.ts'

onStop(() => console.error('handing back'))
setInterval(() => undefined, 1_000)
console.error('running')
