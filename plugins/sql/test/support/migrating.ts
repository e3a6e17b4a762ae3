/** A process that makes the tables of the database it is given, when it is told to, and says what it did. */
import { migrate } from '../../src/index.ts'
import { open } from './open.ts'

const db = open(process.argv[2]!)
process.once('message', () => {
  void migrate({ db }).then((done) => process.send?.(done, undefined, undefined, () => process.exit()))
})
process.send?.('ready')
