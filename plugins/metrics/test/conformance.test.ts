import { describePlugin } from '@pipe/testing'
import { metrics } from '../src/index.ts'
import { recordingSink } from './support/recording-sink.ts'

describePlugin('metrics', () => metrics({ sink: recordingSink().sink }), { everyStep: true })
describePlugin('metrics', () => metrics())
