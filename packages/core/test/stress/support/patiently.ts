/** Large is not slow: nothing here is a test of speed, whatever the machine. */
export const patiently = { timeout: 600_000 }
