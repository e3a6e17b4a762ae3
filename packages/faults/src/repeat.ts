// A vitest setup file: a test that fails prints the command that repeats it.
import { basename } from 'node:path'
import { beforeEach } from 'vitest'

/** In single quotes, for a shell. */
const quoted = (text: string) => `'${text.replaceAll("'", String.raw`'\''`)}'`

beforeEach(({ task, onTestFailed }) => {
  onTestFailed(() => {
    const options = Object.entries(process.env).filter(([name, value]) => /^FAULTS(_|$)/.test(name) && value)
    const file = basename(task.file.filepath, '.test.ts')
    // The names of tests hold characters that mean something in a pattern.
    const name = task.fullTestName.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
    const environment = options.map(([name, value]) => `${name}=${value ?? ''}`).sort()
    console.error(['Repeat it:', ...environment, `pnpm test:faults ${file} -t`, quoted(`^${name}$`)].join(' '))
  })
})
