import { parseArgs } from 'node:util'
import { createPipe, exitCodes, exitCodeOf, messageOf } from '@pipe/core'
import { progress } from '@pipe/progress'
import { retry } from '@pipe/retry'
import { sequencer } from './pipeline.ts'
import { rulePlanner } from './show/rule-planner.ts'
import { writeSong } from './song/write-song.ts'

const help = `Usage: sequencer [options]

  --song FILE    WAV file; default: one that is made for you
  --lyrics FILE  LRC file with its words; default: none, or those of the song that is made for you
  --tempo N      beats a minute of the song that is made for you, from 80 to 160; default: 120
  --lights LIST  names of groups of lights; default: roof,tree,windows,path
  --out DIR      folder to write to; default: out
  --help         print this
`

function readArguments(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      song: { type: 'string' },
      lyrics: { type: 'string' },
      tempo: { type: 'string', default: '120' },
      lights: { type: 'string', default: 'roof,tree,windows,path' },
      out: { type: 'string', default: 'out' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const tempo = Number(values.tempo)
  if (!(tempo >= 80 && tempo <= 160))
    throw new TypeError(`--tempo must be a number from 80 to 160, not "${values.tempo}"`)
  return { ...values, tempo, lights: values.lights.split(',') }
}

async function execute({ out: folder, lights, ...args }: ReturnType<typeof readArguments>): Promise<number> {
  const made = args.song === undefined ? await writeSong(folder, args.tempo) : { song: args.song }
  const lyrics = args.lyrics === undefined ? {} : { lyrics: args.lyrics }

  await using pipe = createPipe({ plugins: [retry(), progress()], services: { planner: rulePlanner } })
  const result = await pipe.start(sequencer, { ...made, ...lyrics, lights, folder }).result

  if (result.status !== 'succeeded') {
    process.stderr.write(`${result.error.message}\n`)
  } else {
    const { sequence, file } = result.output
    const { tempo, seconds, sections, cues } = sequence
    const course = sections.map(({ mood, bars }) => `${bars} bars ${mood}`).join(', ')
    process.stdout.write(`${tempo} beats a minute, ${seconds} seconds: ${course}\n${cues.length} cues in ${file}\n`)
  }
  return exitCodeOf(result)
}

try {
  const args = readArguments(process.argv.slice(2))
  if (args.help === true) process.stdout.write(help)
  else process.exitCode = await execute(args)
} catch (error) {
  process.stderr.write(`${messageOf(error)}\n`)
  process.exitCode = exitCodes.missingRequirement
}
