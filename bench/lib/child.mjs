/** One peer of one case in a process of its own; does what the parent asks for. See worker.mjs. */

const [, , scenarioUrl, peer, config] = process.argv
const WARM_UP_MS = 400
const SAMPLE_MS = 60
/** A peer whose first run takes longer is not warmed up. */
const SLOW_MS = 5_000

const scenario = import(scenarioUrl)
let job
let runsPerSample = 1

/** CPU time of this thread in µs. `cpuUsage` first: it makes Linux bring the time of the thread up to date. */
function threadTime() {
  process.cpuUsage()
  const { user, system } = process.threadCpuUsage()
  return user + system
}

/** Runs the job so many times: times in µs. */
async function timesOf(runs) {
  const start = { cpu: threadTime(), wall: performance.now() }
  let answer
  for (let i = 0; i < runs; i++) answer = await job.run()
  const times = { cpu: threadTime() - start.cpu, wall: (performance.now() - start.wall) * 1000 }
  await job.check(answer)
  return times
}

const tasks = {
  /** One run, with its answer checked. */
  async try() {
    job = await (await scenario).prepare(peer, JSON.parse(config))
    const { wall } = await timesOf(1)
    return { firstMs: wall / 1000 }
  },

  /** Warms up, and finds how many runs make a sample. */
  async prepare() {
    const { firstMs } = await tasks.try()
    if (firstMs > SLOW_MS) return { firstMs }
    const end = performance.now() + WARM_UP_MS
    do await job.run()
    while (performance.now() < end)
    for (let runs = 1; ; runs *= 2) {
      const { cpu } = await timesOf(runs)
      runsPerSample = Math.ceil((SAMPLE_MS * 1000 * runs) / cpu)
      if (cpu > SAMPLE_MS * 250 || runs > 100_000) return { firstMs }
    }
  },

  /** Times in µs per unit of work. */
  async sample() {
    globalThis.gc()
    if (runsPerSample > 1) await timesOf(Math.ceil(runsPerSample / 16)) // settle after the collection
    const { cpu, wall } = await timesOf(runsPerSample)
    const units = runsPerSample * job.units
    return { cpu: cpu / units, wall: wall / units }
  },

  /** What the scenario itself measures. */
  measure: async () => (await scenario).measure(peer, JSON.parse(config)),
}

process.on('message', async (task) => {
  try {
    process.send({ answer: await tasks[task]() })
  } catch (error) {
    process.send(error.name === 'Skipped' ? { skipped: error.message } : { failed: error.stack.slice(0, 600) })
  }
})
