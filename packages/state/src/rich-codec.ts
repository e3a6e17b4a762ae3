import { DevalueError, parse, stringify } from 'devalue'
import { type Codec, Unstorable } from './codec.ts'

/**
 * Also takes `Date`, `Map`, `Set`, `BigInt`, `RegExp`, `URL`, typed arrays, `undefined`, `NaN`, infinities, -0, cycles and
 * repeated references; refuses functions, symbols and instances of classes. By `devalue`; three times as slow as JSON.
 */
export const richCodec: Codec = {
  name: 'devalue',
  encode: (value) => {
    try {
      return stringify(value)
    } catch (error) {
      if (error instanceof DevalueError) throw new Unstorable(error.path, `not plain data (${error.message})`)
      throw error
    }
  },
  decode: (text) => parse(text) as unknown,
}
