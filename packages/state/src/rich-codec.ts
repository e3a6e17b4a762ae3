import { defaultStringifyOperations, DevalueError, parse, stringify, type StringifyOperations } from 'devalue'
import { type Codec, fieldOf, Unstorable } from './codec.ts'

/**
 * Also takes `Date`, `Map`, `Set`, `BigInt`, `RegExp`, `URL`, typed arrays, `undefined`, `NaN`, infinities, -0, cycles and
 * repeated references; refuses functions, symbols, instances of classes and own fields of arrays. By `devalue`; three times as slow as JSON.
 */
export const richCodec: Codec = {
  name: 'devalue',
  encode: (value) => {
    try {
      return stringify(value, undefined, { operations })
    } catch (error) {
      if (error instanceof DevalueError) throw new Unstorable(error.path, `not plain data (${error.message})`)
      throw error
    }
  },
  decode: (text) => parse(text) as unknown,
}

const operations: Partial<StringifyOperations> = {
  // An array that has more than its elements is told apart from others: it is no plain data.
  tagOf: (value) => (Array.isArray(value) && isMore(value) ? 'Instance' : defaultStringifyOperations.tagOf(value)),
}

const isMore = (array: readonly unknown[]) =>
  Object.getPrototypeOf(array) !== Array.prototype || fieldOf(array) !== undefined
