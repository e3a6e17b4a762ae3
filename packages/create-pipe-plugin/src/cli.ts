#!/usr/bin/env node
import { command } from './command.ts'

const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stopping.abort())
process.exitCode = await command(process.argv.slice(2), process, stopping.signal)
