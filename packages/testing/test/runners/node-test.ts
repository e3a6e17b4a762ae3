// A test file for node:test: a plugin that keeps the contract, and one that does not.
import { describe, test } from 'node:test'
import { definePlugin } from '@pipe/core'
import { describePlugin } from '@pipe/testing'

describePlugin('sound', () => definePlugin({ name: 'sound' }), { describe, test })
describePlugin('unsound', () => definePlugin({ name: 'unsound', close: () => Promise.reject(new Error('Stuck.')) }), {
  describe,
  test,
})
