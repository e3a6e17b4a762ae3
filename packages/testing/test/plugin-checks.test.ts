import { describe, expect, test } from 'vitest'
import { deciders } from '../src/broken/deciders.ts'
import { fields } from '../src/broken/fields.ts'
import { identities } from '../src/broken/identities.ts'
import { leaks } from '../src/broken/leaks.ts'
import { lifecycles } from '../src/broken/lifecycles.ts'
import { meddlers } from '../src/broken/meddlers.ts'
import { middleware } from '../src/broken/middleware.ts'
import { observers } from '../src/broken/observers.ts'
import { options } from '../src/broken/options.ts'
import { plugin } from '../src/broken/plugin.ts'
import { waiting } from '../src/broken/waiting.ts'
import { describePlugin, pluginChecks, pluginSubject } from '../src/index.ts'

const broken = [
  identities,
  options,
  meddlers,
  leaks,
  middleware,
  fields,
  deciders,
  observers,
  waiting,
  lifecycles,
].flat()

describe.each(broken)('a plugin that $does', ({ make, check, says }) => {
  const subject = pluginSubject('broken', make, { options: { broken: true } })
  const earlier = pluginChecks.slice(0, pluginChecks.indexOf(check))

  test('is rejected for that', async () => {
    await expect(async () => check.run(subject)).rejects.toThrow(says)
  })

  test('is not rejected for anything that is checked before', async () => {
    for (const other of earlier) await other.run(subject)
  })
})

test.each(pluginChecks)('there is a plugin of which it is not true that it $name', (check) => {
  expect(broken.map((one) => one.check)).toContain(check)
})

describePlugin('broken', () => plugin({}), { options: { broken: true } })
