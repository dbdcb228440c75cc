import { expect, test } from 'vitest'
import { clientResult as client } from '../engine/swarms.testing.ts'
import { clusteringRatio, known, lastCompletionSeconds, leechersOf, meanDownloadSeconds } from './swarm-measures.ts'

test('leechers are those who came without the content, of one group or of all', () => {
  const clients = [client({}), client({ group: 'slow' }), client({ group: 'seed', isSeed: true, completedSeconds: 0 })]
  expect(leechersOf({ clients })).toHaveLength(2)
  expect(leechersOf({ clients }, 'slow')).toEqual([clients[1]])
})

test('times count from arrival, the last completion from the start, and there is none where one is missing', () => {
  const clients = [client({ completedSeconds: 10 }), client({ arrivedSeconds: 5, completedSeconds: 8 })]
  expect(meanDownloadSeconds(clients)).toBe(9)
  expect(lastCompletionSeconds(clients)).toBe(13)
  expect(lastCompletionSeconds([...clients, client({})])).toBeNull()
  expect(meanDownloadSeconds([...clients, client({})])).toBe(9)
  expect(meanDownloadSeconds([client({})])).toBeNull()
  expect(lastCompletionSeconds([])).toBeNull()
})

test('clustering: 1 where senders do not care, more where they prefer their own', () => {
  const of = (fromOwn: number, fromOther: number) => (group: string) =>
    [1, 2, 3].map(() =>
      client({
        group,
        sentBytes: 50,
        fromGroupBytes: fromOwn,
        receivedBytes: fromOwn + fromOther + 7,
        fromSeedsBytes: 7,
      }),
    )
  const seed = client({ group: 'seed', isSeed: true, sentBytes: 42 })
  // From two others of its class, and three of the other one: 20 and 30 where nobody prefers.
  const swarmOf = (own: number, other: number) => ({ clients: [seed, ...['a', 'b'].flatMap(of(own, other))] })
  expect(clusteringRatio(swarmOf(20, 30))).toBeCloseTo(1, 12)
  expect(clusteringRatio(swarmOf(40, 10))).toBeCloseTo(2, 12)
  expect(clusteringRatio({ clients: [seed, client({})] })).toBeNull()
})

test('figures without a value are left out', () => {
  expect(known({ a: 1, b: null, c: 0 })).toEqual({ a: 1, c: 0 })
})
