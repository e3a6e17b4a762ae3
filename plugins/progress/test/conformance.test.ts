import { describePlugin } from '@pipe/testing'
import { progress } from '../src/index.ts'
import { MemoryPipe, Screen } from './support/screen.ts'

describePlugin('progress', () => progress({ stream: new Screen(), mode: 'live' }), { everyStep: true })
describePlugin('progress', () => progress({ stream: new MemoryPipe(), mode: 'plain' }), { everyStep: true })
describePlugin('progress', () => progress({ mode: 'silent' }))
