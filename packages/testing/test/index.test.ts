import { expect, test } from 'vitest'
import { coreRange } from '../src/index.ts'

test('names the core it tests', () => expect(coreRange).toBe('^1.0.0'))
