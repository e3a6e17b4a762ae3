// Loaded before a test file of another runner: shows that nothing it imports is vitest.
import { registerHooks } from 'node:module'

registerHooks({
  resolve: (name, context, next) => {
    if (/^@?vitest\b/.test(name)) throw new Error(`"${name}" is imported by ${context.parentURL ?? 'nobody'}`)
    return next(name, context)
  },
})
