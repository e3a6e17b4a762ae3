// Installs what pnpm-lock.yaml lists. The only script in JavaScript: it runs on the Node of the machine, before ours is here.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const read = (file) => JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
const version = () => {
  try {
    return read('node_modules/pnpm/package.json').version
  } catch {
    return undefined
  }
}

const pinned = read('package.json').packageManager
const install = ['install', '--frozen-lockfile', '--prefer-offline']
const ours = `pnpm@${version()}` === pinned
if (!ours)
  console.log(`Installing the dependencies with ${pinned} and a Node 24 of their own, into node_modules only.
Downloads are kept in the caches of npm and pnpm; the first time takes half a minute, later ones a second.`)
const [command, ...args] = ours ? ['pnpm', ...install] : ['npx', '-y', '--prefer-offline', pinned, ...install]
const { status } = spawnSync(command, args, { stdio: 'inherit', shell: process.platform === 'win32' })
if (status !== 0) process.exit(status ?? 1)

const node = spawnSync('node', ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim()
const [major, minor] = node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Node ${node} runs no TypeScript and the package "node" did not bring Node 24: install Node 22.18 or later.`,
  )
  process.exit(1)
}
