import { readFileSync } from 'node:fs'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { shell } from './shell.ts'

/** What publint and attw have to say against a tarball; nothing is right. */
export async function problemsOf(tarball: string): Promise<string[]> {
  const { messages, pkg } = await publint({
    pack: { tarball: Uint8Array.from(readFileSync(tarball)).buffer },
    strict: true,
  })
  const problems = messages.map((message) => formatMessage(message, pkg, { color: false }) ?? '')
  await shell('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--no-color']).catch((error: unknown) => {
    problems.push(String(error))
  })
  return problems
}
