const { FAULTS, FAULTS_SEED, FAULTS_CHAINS, FAULTS_SECONDS } = process.env
if (FAULTS && FAULTS !== 'all') throw new Error(`FAULTS is "${FAULTS}": it can only be "all".`)

/** Whether every failpoint is tested, not a sample: `FAULTS=all`. */
export const isExhaustive = FAULTS === 'all'

/** Of all random choices: `FAULTS_SEED`, which `session.ts` chooses when nobody did. */
export const seed = Number(FAULTS_SEED)

/** Chains for each pipeline and store. */
export const chains = Number(FAULTS_CHAINS ?? (isExhaustive ? 5 : 2))

/** How long each soak kills, s. */
export const seconds = Number(FAULTS_SECONDS ?? (isExhaustive ? 30 : 10))
