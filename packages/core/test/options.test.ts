import { checkOptions, invalidOption, type OptionRules, optionSite, type StepInfo } from '@pipe/core'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { thrownBy } from './support/errors.ts'

interface CacheOptions {
  readonly ttl?: number
  readonly key?: (needs: unknown) => string
}

const rules: OptionRules<CacheOptions> = {
  ttl: ['milliseconds from 0 up', (value) => typeof value === 'number' && value >= 0],
  key: ['a function', (value) => typeof value === 'function'],
}
const site = { owner: 'cache()', plugin: 'cache' }
const step: StepInfo = {
  pipeline: 'p',
  id: 'a',
  kind: 'step',
  runs: 'function',
  undoable: false,
  options: {},
  optional: false,
  version: undefined,
}
const of = (options: unknown) => () => checkOptions(options as CacheOptions, rules, site)

describe('checkOptions', () => {
  test('returns a copy of what is there', () => {
    const checked = of({ ttl: 5, key: undefined })()
    expect(checked).toStrictEqual({ ttl: 5 })
    expectTypeOf(checked).toEqualTypeOf<CacheOptions>()
  })

  test.each([
    [{ ttl: -1 }, '`ttl` of cache() must be milliseconds from 0 up; got -1.'],
    [{ ttl: '5' }, "`ttl` of cache() must be milliseconds from 0 up; got '5'."],
    [{ ttl: [1, ['a']] }, "`ttl` of cache() must be milliseconds from 0 up; got [1, ['a']]."],
    [{ ttl: null }, '`ttl` of cache() must be milliseconds from 0 up; got null.'],
    [{ ttl: Symbol('s') }, '`ttl` of cache() must be milliseconds from 0 up; got Symbol(s).'],
    [{ key: {} }, '`key` of cache() must be a function; got this object.'],
    [{ tll: 5 }, '`tll` of cache() must be left out: the options are ttl, key; got 5.'],
    [{ constructor: 5 }, '`constructor` of cache() must be left out: the options are ttl, key; got 5.'],
    [undefined, '`options` of cache() must be an object; got undefined.'],
    [[], '`options` of cache() must be an object; got [].'],
    [() => 1, '`options` of cache() must be an object; got this function.'],
  ])('refuses %o', (options, message) => {
    expect(thrownBy(of(options))).toMatchObject({ code: 'OPTION_INVALID', plugin: 'cache', message })
  })

  test('names the step, and the option whose fields they are', () => {
    const at = optionSite(step, 'cache', 'cache', 'a number or an object')
    const where = { code: 'OPTION_INVALID', plugin: 'cache', pipeline: 'p', step: 'a' }
    expect(thrownBy(() => checkOptions({ ttl: -1 }, rules, at))).toMatchObject({
      ...where,
      message: '`cache.ttl` of step "a" of pipeline "p" must be milliseconds from 0 up; got -1.',
    })
    expect(thrownBy(() => checkOptions('always' as never, rules, at))).toMatchObject({
      ...where,
      message: '`cache` of step "a" of pipeline "p" must be a number or an object; got \'always\'.',
    })
  })

  test('wants a rule for each option', () => {
    // @ts-expect-error -- there is no rule for `key`
    const some: OptionRules<CacheOptions> = { ttl: rules.ttl }
    expect(thrownBy(() => checkOptions({ key: () => 'k' }, some, site)).message).toContain('`key` of cache()')
  })
})

test('invalidOption says what a rule alone cannot', () => {
  expect(invalidOption(site, 5, 'less than `ttl` (3 ms)', 'idle').message).toBe(
    '`idle` of cache() must be less than `ttl` (3 ms); got 5.',
  )
  expect(invalidOption(optionSite(step, 'tries', 'tries', 'a whole number from 1 up'), 0).message).toBe(
    '`tries` of step "a" of pipeline "p" must be a whole number from 1 up; got 0.',
  )
})
