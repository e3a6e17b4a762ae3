import { createPipe, definePlugin, pipeline, type StepInfo, type StepOptions, type } from '@pipe/core'
import { expect, test } from 'vitest'
import { fieldsOfSteps, pluginName } from '../src/plugin-name.ts'

const nothing: ReadonlySet<string> = new Set()

test.each([
  ['acme-cache', 'acme-cache', 'acmeCache', 'AcmeCache'],
  ['@acme/pipe-cache', 'cache', 'cache', 'Cache'],
  ['@acme/pipe-plugin-circuit-breaker', 'circuit-breaker', 'circuitBreaker', 'CircuitBreaker'],
  ['pipe-rate-limit-2', 'rate-limit-2', 'rateLimit2', 'RateLimit2'],
  ['@acme/cache', 'cache', 'cache', 'Cache'],
])('%s makes the plugin %s', (name, plugin, camel, pascal) => {
  expect(pluginName(name, nothing)).toEqual({ package: name, plugin, camel, pascal })
})

test.each([
  ['', 'length must be greater than zero'],
  ['Acme-Cache', 'capital letters'],
  ['acme cache', 'URL-friendly'],
  ['.cache', 'cannot start with a period'],
  ['../cache', 'cannot start with a period'],
  ['@acme', 'URL-friendly'],
  ['@acme/', 'URL-friendly'],
  ['@acme/a/b', 'URL-friendly'],
  ['node_modules', 'not a valid package name'],
  ['stream', 'core module name'],
  ['a'.repeat(215), 'more than 214'],
  ['@pipe/cache', 'the scope @pipe is the project’s own'],
  ['acme.cache', 'letters, digits and single hyphens'],
  ['acme_cache', 'letters, digits and single hyphens'],
  ['acme--cache', 'letters, digits and single hyphens'],
  ['acme-', 'letters, digits and single hyphens'],
  ['@acme/pipe-', 'letters, digits and single hyphens'],
  ['@acme/pipe-2fa', 'begin with a letter'],
])('"%s" is refused: %s', (name, why) => {
  const shown = `The name of the package cannot be "${name}": `
  expect(() => pluginName(name, nothing)).toThrow(expect.objectContaining({ code: 'NAME_INVALID' }))
  expect(() => pluginName(name, nothing)).toThrow(shown)
  expect(() => pluginName(name, nothing)).toThrow(why)
})

test('what is no string at all is refused', () => {
  expect(() => pluginName(3 as unknown as string, nothing)).toThrow('cannot be number: npm refuses it')
})

test.each(['delete', 'await', 'package', 'needs', 'when'])('@acme/pipe-%s gets an ending', (word) => {
  expect(pluginName(`@acme/pipe-${word}`, nothing)).toMatchObject({
    plugin: `${word}-plugin`,
    camel: `${word}Plugin`,
  })
})

test('so does what the code around it uses', () => {
  expect(pluginName('@acme/pipe-fake-clock', new Set(['fakeClock']))).toMatchObject({ camel: 'fakeClockPlugin' })
})

/** What a step can say that is core's, whatever kind of step it is. */
const said: Readonly<Record<string, unknown>> = {
  ...{ needs: {}, after: [], when: () => true, optional: false, version: '1', uses: {}, run: () => 1, input: {} },
  ...{ undo: () => undefined, output: type<number>(), over: () => [], key: () => '', concurrency: 1, max: 1 },
  ...{ optionalItems: false, until: () => true, alternatives: [], steps: [] },
}

/** The options that a plugin which owns `field` is given of a step that says `value`. */
function optionsSeen(field: string, value: unknown): Promise<StepOptions> {
  const seen = Promise.withResolvers<StepOptions>()
  const stepOptions = [field as never] // declared nowhere
  const step = ({ options }: StepInfo) => {
    seen.resolve(options)
    return undefined
  }
  const spy = definePlugin({ name: 'spy', stepOptions, step })
  const defined = pipeline('p', (p) => p.step('a', { run: () => 1, [field]: value }))
  createPipe({ plugins: [spy] })
    .run(defined)
    .catch(seen.reject)
  return seen.promise
}

test.each(fieldsOfSteps)('a plugin that owned `%s` would never see it: core does', async (field) => {
  expect(said).toHaveProperty(field)
  expect(await optionsSeen(field, said[field])).toEqual({})
})

test('a plugin sees an option of any other name', async () => {
  expect(await optionsSeen('cache', true)).toEqual({ cache: true })
})
