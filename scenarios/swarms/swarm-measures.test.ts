import { expect, test } from 'vitest'
import type { ClientResult } from '../runtimes/runtime.ts'
import {
  clusteringRatio,
  jainIndex,
  known,
  lastCompletionSeconds,
  leechersOf,
  meanDownloadSeconds,
  meanLeechersIn,
} from './swarm-measures.ts'

function client(changes: Partial<ClientResult>): ClientResult {
  return {
    group: 'leechers',
    isSeed: false,
    arrivedSeconds: 0,
    completedSeconds: null,
    firstPieceSeconds: null,
    leftSeconds: null,
    sentBytes: 0,
    receivedBytes: 0,
    fromSeedsBytes: 0,
    fromGroupBytes: 0,
    unchokedBySeedsSeconds: 0,
    ...changes,
  }
}

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

test('Jain’s index: all alike, one has all, nobody anything', () => {
  expect(jainIndex([3, 3, 3, 3])).toBe(1)
  expect(jainIndex([8, 0, 0, 0])).toBe(0.25)
  expect(jainIndex([1, 3])).toBe(16 / 20)
  expect(jainIndex([0, 0])).toBeNull()
})

test('leechers present in a window: cut at both edges, those who left and those who never were complete too', () => {
  const clients = [
    client({ arrivedSeconds: 0, completedSeconds: 15 }), // 5 of the window
    client({ arrivedSeconds: 12, completedSeconds: 4 }), // 4
    client({ arrivedSeconds: 18, completedSeconds: 60 }), // 2
    client({ arrivedSeconds: 11, leftSeconds: 14 }), // 3
    client({ arrivedSeconds: 16 }), // 4
    client({ arrivedSeconds: 2, completedSeconds: 3 }), // none
  ]
  expect(meanLeechersIn(clients, 10, 20)).toBeCloseTo((5 + 4 + 2 + 3 + 4) / 10, 12)
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
