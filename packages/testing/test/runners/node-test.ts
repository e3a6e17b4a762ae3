// A test file for node:test: a plugin and a store that keep their contract, and a plugin that does not.
import { describe, test } from 'node:test'
import { definePlugin } from '@pipe/core'
import { memoryStore } from '@pipe/state'
import { describePlugin, describeStore } from '@pipe/testing'

describePlugin('sound', () => definePlugin({ name: 'sound' }), { describe, test })
describePlugin('unsound', () => definePlugin({ name: 'unsound', close: () => Promise.reject(new Error('Stuck.')) }), {
  describe,
  test,
})
describeStore('memory', () => ({ client: () => memoryStore() }), { describe, test })
