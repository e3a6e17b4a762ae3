import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openPlaces, type PlacesDatabase } from '../../src/places/database.ts'
import { callsIn, placesIn } from '../imported.ts'
import { temporaryFolder } from '../program.ts'

let folder: string
let places: PlacesDatabase
beforeEach(() => {
  folder = temporaryFolder()
  places = openPlaces(join(folder, 'places.db'))
})
afterEach(() => places[Symbol.dispose]())

const place = (zip: string, city = 'Holtsville') => ({
  ...{ zip, latitude: 40.9, longitude: -72.6 },
  ...{ city, state: 'NY', county: 'Suffolk' },
})
const writer = { runId: 'run-1', fence: 1 }

test('what was put under a key is not put again; that somebody tried is counted', () => {
  expect(places.put(writer, 'run-1:import[1-1]', [place('00001')])).toBe(true)
  expect(places.put(writer, 'run-1:import[1-1]', [place('00001', 'Elsewhere')])).toBe(false)
  expect(placesIn(folder)).toEqual([place('00001')])
  expect(callsIn(folder)).toEqual(new Map([['1-1', 2]]))
})

test('a place that is there is replaced by another import', () => {
  places.put(writer, 'a', [place('00001'), place('00002')])
  places.put({ runId: 'run-2', fence: 1 }, 'b', [place('00001', 'Renamed')])
  expect(placesIn(folder)).toEqual([place('00001', 'Renamed'), place('00002')])
  expect(places.states()).toEqual([{ state: 'NY', places: 2, counties: 1 }])
})

test('who has lost the run can neither write nor remove anything', () => {
  places.put({ ...writer, fence: 2 }, 'a', [place('00001')])
  expect(() => places.put(writer, 'b', [place('00002')])).toThrow('Another process has taken run "run-1".')
  expect(() => places.forget(writer)).toThrow('Another process has taken run "run-1".')
  expect(placesIn(folder)).toEqual([place('00001')])
})

test('a batch is written whole or not at all', () => {
  const broken = { ...place('00002'), county: null as unknown as string }
  expect(() => places.put(writer, 'a', [place('00001'), broken])).toThrow('NOT NULL')
  expect([placesIn(folder), callsIn(folder)]).toEqual([[], new Map()])
})

test('what one import has put is forgotten without that of others', () => {
  places.put(writer, 'a', [place('00001')])
  places.put({ runId: 'run-2', fence: 1 }, 'b', [place('00002')])
  places.forget(writer)
  places.forget(writer)
  expect(placesIn(folder)).toEqual([place('00002')])
})
