import { expect, test } from 'vitest'
import { name } from '../src/index.ts'

test('has a name', () => expect(name).toBe('retry'))
