import { expect, test } from 'vitest'
import { sampleRow } from '../sample.testing.ts'
import type { ParameterSet } from '../schema.ts'
import { pointsOf } from './points.ts'

const row = (parameters: ParameterSet, repeat: number, seconds: number, invalid?: string) => ({
  ...sampleRow({ parameters, repeat, predicted: { seconds: 10 } }),
  measures: { ...sampleRow().measures, seconds },
  ...(invalid === undefined ? {} : { invalid }),
})

const RTT = { parameter: 'rttMs', label: (value: unknown) => `${value} ms` }

test('repeats of a parameter set are the samples of one point, in the order of the rows', () => {
  const rows = [
    row({ peers: 2, rttMs: 20 }, 0, 5),
    row({ rttMs: 20, peers: 2 }, 1, 6),
    row({ peers: 1, rttMs: 50 }, 0, 9),
  ]
  expect(pointsOf(rows, { x: 'peers', y: 'seconds', series: RTT })).toEqual({
    measured: [
      { series: '20 ms', x: 2, samples: [5, 6] },
      { series: '50 ms', x: 1, samples: [9] },
    ],
    predicted: [
      { series: '20 ms', x: 2, y: 10 },
      { series: '50 ms', x: 1, y: 10 },
    ],
  })
})

test('an invalid row is no sample, and a point without samples is none', () => {
  const rows = [row({ peers: 1 }, 0, 5, 'late'), row({ peers: 2 }, 0, 6, 'late'), row({ peers: 2 }, 1, 7)]
  expect(pointsOf(rows, { x: 'peers', y: 'seconds' }).measured).toEqual([{ series: '', x: 2, samples: [7] }])
})

test('an x that is not a number is a mistake of the caller', () => {
  expect(() => pointsOf([row({ peers: 'many' }, 0, 5)], { x: 'peers', y: 'seconds' })).toThrow('a number peers')
})
