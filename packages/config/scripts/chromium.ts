import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { shell } from './shell.ts'

const debian = '/usr/bin/chromium'

/**
 * Where Chromium is: CHROMIUM_PATH, else Debian's, installed first when we are root, else the one npm has (Linux).
 *
 * @param folder - what has to be downloaded goes here
 */
export async function findChromium(folder: string): Promise<string> {
  const { CHROMIUM_PATH } = process.env
  if (CHROMIUM_PATH) return CHROMIUM_PATH
  if (!existsSync(debian) && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('Installing the Debian package chromium.')
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']])
      execFileSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  if (existsSync(debian)) return debian
  await shell('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '@sparticuz/chromium@153.0.0'])
  const entry = join(folder, 'node_modules/@sparticuz/chromium/build/esm/index.js')
  const { default: chromium } = (await import(pathToFileURL(entry).href)) as {
    default: { executablePath(): Promise<string> }
  }
  return chromium.executablePath()
}
