import * as core from '@pipe/core'
import { expect, test } from 'vitest'

test('the package exports these names, and no others', () => {
  expect(Object.keys(core).toSorted()).toEqual([
    'PipelineError',
    'abortCodeOf',
    'checkOptions',
    'createPipe',
    'definePlugin',
    'defineStep',
    'derive',
    'deserializeError',
    'exitCodeOf',
    'exitCodes',
    'hookNames',
    'idOf',
    'invalidOption',
    'isIsolated',
    'isPipelineError',
    'isSkip',
    'isolated',
    'messageOf',
    'optionSite',
    'pipeline',
    'plan',
    'run',
    'serializeError',
    'service',
    'skip',
    'start',
    'systemClock',
    'toDot',
    'toMermaid',
    'toMs',
    'type',
    'uuidv7',
  ])
})
