import { expect, test } from 'vitest'
import { TRACKERS_MAX, TrackerTiers } from './tracker-tiers.ts'

const urls = (tiers: TrackerTiers) => tiers.inOrder().map(({ url }) => url.slice('http://'.length))
const http = (...hosts: string[]) => hosts.map((host) => `http://${host}`)
const keepOrder = { below: (bound: number) => bound - 1 }

test('each tier is shuffled in itself: every order comes up, and tiers stay apart', () => {
  let draw = 0
  const seen = new Set<string>()
  for (let run = 0; run < 6; run++) {
    // The two draws of a tier of three, counted through: 0 to 2, then 0 to 1.
    const draws = [run % 3, Math.floor(run / 3), 0]
    draw = 0
    const tiers = new TrackerTiers([http('a', 'b', 'c'), http('d', 'e')], { below: () => draws[draw++]! })
    seen.add(urls(tiers).slice(0, 3).join(''))
    expect(urls(tiers).slice(3)).toEqual(['e', 'd'])
  }
  expect([...seen].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])
})

test.each([
  ['a', 'abcd'],
  ['b', 'bacd'],
  ['c', 'abcd'],
  ['d', 'abdc'],
])('%s promoted gives %s: the front of its own tier', (promoted, order) => {
  const tiers = new TrackerTiers([http('a', 'b'), http('c', 'd')], keepOrder)
  tiers.promote(tiers.inOrder().find(({ url }) => url === `http://${promoted}`)!)
  expect(urls(tiers).join('')).toBe(order)
})

test(`${TRACKERS_MAX} trackers are used, the next says that it is not`, () => {
  const many = Array.from({ length: TRACKERS_MAX + 1 }, (_, index) => `http://t${index}`)
  for (const tiers of [[many], many.map((url) => [url])]) {
    const built = new TrackerTiers(tiers, keepOrder)
    expect(built.inOrder()).toHaveLength(TRACKERS_MAX)
    expect(built.unused).toEqual([{ url: `http://t${TRACKERS_MAX}`, reason: `more than ${TRACKERS_MAX} trackers` }])
  }
})

test('a tracker that is named twice is used once', () => {
  const tiers = new TrackerTiers([http('a', 'a'), http('a', 'b')], keepOrder)
  expect(urls(tiers)).toEqual(['a', 'b'])
  expect(tiers.unused).toEqual([])
})
