import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const CHILD = fileURLToPath(new URL('./child.mjs', import.meta.url))

/** A process for one peer of one case. */
export class Worker {
  #process
  #errors = ''
  #settle

  constructor(scenario, peer, config) {
    this.peer = peer
    this.#process = fork(CHILD, [scenario, peer, JSON.stringify(config)], {
      execArgv: ['--expose-gc', '--max-old-space-size=8192'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    this.#process.stderr.on('data', (text) => (this.#errors += text))
    this.#process.on('message', (message) => this.#settle?.(message))
    this.#process.on('exit', () => this.#settle?.({ failed: this.#errors.slice(-600) || 'its process ended' }))
  }

  /** Does a task of child.mjs. Whatever goes wrong is an answer too: `{ answer }`, `{ failed }` or `{ skipped }`. */
  ask(task, limitMs = 120_000) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#settle({ failed: `took longer than ${limitMs / 1000} s` }), limitMs)
      this.#settle = (message) => {
        clearTimeout(timer)
        resolve(message)
      }
      if (this.#process.connected) this.#process.send(task)
      else this.#settle({ failed: this.#errors.slice(-600) || 'its process ended' })
    })
  }

  end() {
    this.#process.kill('SIGKILL')
  }
}
