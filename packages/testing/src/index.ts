/** The range of `@pipe/core` versions this package tests against. */
export const coreRange = '^1.0.0'
