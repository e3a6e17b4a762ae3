import { describePlugin } from '@pipe/testing'
import { describe, test } from 'vitest'
import { metrics } from '../src/index.ts'
import { recordingSink } from './support/recording-sink.ts'

describePlugin('metrics', () => metrics({ sink: recordingSink().sink }), { describe, test, everyStep: true })
describePlugin('metrics', () => metrics(), { describe, test })
