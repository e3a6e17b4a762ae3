#!/usr/bin/env node
import { command } from './command.ts'

const stopping = new AbortController()
// Again and again: npm hands on what the terminal has sent already, and the second one must not kill what tidies up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort())
process.exitCode = await command(process.argv.slice(2), process, stopping.signal)
