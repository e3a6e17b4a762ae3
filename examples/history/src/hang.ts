// A process that waits for October for ever, until it is killed. It ends when whoever started it has ended.
import { dataFile } from './arguments.ts'
import { openDatabase } from './database.ts'
import { openPipe } from './machinery.ts'
import { weather } from './pipeline.ts'

const [location = '', id = ''] = process.argv.slice(2)
process.once('disconnect', () => process.exit())

const { db } = openDatabase(location)
const temperature = (month: number) => (month === 10 ? new Promise<number>(() => undefined) : Promise.resolve(10))
const input = { file: dataFile('seattle-weather.csv') }
await openPipe(db, { temperature }).run(weather, input, { id, tags: { fate: 'killed' } })
