// A program with a run that does not stop when it is told to.
import { stopOnInterrupt } from '../src/interrupt.ts'

stopOnInterrupt({ cancel: (reason) => console.error(`cancelled: ${reason}`) })
setInterval(() => undefined, 1000)
console.error('running')
