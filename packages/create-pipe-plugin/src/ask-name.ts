import type { Readable, Writable } from 'node:stream'
import { isCancel, text } from '@clack/prompts'
import { CreateError } from './create-error.ts'
import { pluginName } from './plugin-name.ts'
import { readTemplate, wordsOf } from './template.ts'

/** Asks how the package is called, until the answer is a name; `undefined` when nobody wants to answer (Ctrl-C). */
export async function askName(input: Readable, output: Writable, signal: AbortSignal): Promise<string | undefined> {
  const taken = wordsOf(await readTemplate())
  const answer = await text({
    message: 'How is the package of your plugin called?',
    placeholder: '@acme/pipe-cache',
    validate: (name = '') => complaint(name, taken),
    input,
    output,
    signal,
  })
  return isCancel(answer) ? undefined : answer
}

function complaint(name: string, taken: ReadonlySet<string>): string | undefined {
  try {
    pluginName(name, taken)
    return undefined
  } catch (error) {
    if (error instanceof CreateError) return error.message
    throw error
  }
}
