import { expect, test } from 'vitest'
import { SCENARIOS } from '../index.ts'
import { makeCells, shuffled } from './cells.ts'
import { chooseParameters, ParameterError } from './parameters.ts'

const speed = SCENARIOS.find(({ name }) => name === 'speed-vs-peers')!
const flaky = SCENARIOS.find(({ name }) => name === 'flaky-peers')!
const depth = SCENARIOS.find(({ name }) => name === 'pipeline-depth')!

test('nothing given: the defaults, and the scenario’s own sweep', () => {
  const { fixed, sweep } = chooseParameters(speed, 'processes', [], [])
  expect(sweep).toEqual([{ name: 'peers', values: [1, 2, 3, 5, 8, 12, 20] }])
  expect(fixed).toMatchObject({ linkMbit: 40, pipelineDepth: 10 })
  expect(fixed).not.toHaveProperty('peers')
})

test('--set fixes a parameter and removes its sweep', () => {
  const { fixed, sweep } = chooseParameters(speed, 'processes', ['peers=4', 'linkMbit=0.5'], [])
  expect(sweep).toEqual([])
  expect(fixed).toMatchObject({ peers: 4, linkMbit: 0.5 })
})

test('--sweep replaces a sweep in its place, and adds one behind', () => {
  const { sweep } = chooseParameters(depth, 'processes', [], ['pieceKib=64,256', 'rttMs=5,7.5'])
  expect(sweep.map(({ name }) => name)).toEqual(['rttMs', 'pipelineDepth', 'pieceKib'])
  expect(sweep[0]!.values).toEqual([5, 7.5])
})

test('no delay at all is swept only in virtual time', () => {
  expect(chooseParameters(depth, 'sim', [], []).sweep[0]!.values).toContain(0)
  expect(chooseParameters(depth, 'processes', [], []).sweep[0]!.values).not.toContain(0)
})

test.each([
  [['peers'], [], '--set wants key=value, not "peers"'],
  [['=3'], [], '--set wants key=value'],
  [['peer=3'], [], 'speed-vs-peers has no parameter "peer"; it has peers, contentMib'],
  [['toString=3'], [], 'has no parameter "toString"'],
  [['peers=three'], [], 'parameter "peers" wants a whole number from 1 to 200, not "three"'],
  [['peers=1.5'], [], 'wants a whole number'],
  [['peers=0'], [], 'from 1 to 200'],
  [['peers=201'], [], 'from 1 to 200'],
  [['peers='], [], 'not ""'],
  [['linkMbit=-1'], [], 'parameter "linkMbit" wants a number from 0.01 to 10000 Mbit/s, not "-1"'],
  [['linkMbit=1e3'], [], 'not "1e3"'],
  [['peers=3', 'peers=4'], [], 'parameter "peers" is given twice'],
  [['peers=3'], ['peers=1,2'], 'parameter "peers" is given twice'],
  [[], ['peers=1,2,1'], '--sweep peers has a value twice'],
  [[], ['peers=1,,2'], 'not ""'],
])('--set %j --sweep %j: %s', (set, sweep, message) => {
  const choose = () => chooseParameters(speed, 'sim', set, sweep)
  expect(choose).toThrow(ParameterError)
  expect(choose).toThrow(message)
})

test('a parameter may be one of a few words', () => {
  const { fixed, sweep } = chooseParameters(flaky, 'sim', ['fault=mixed'], ['flakyPeers=1,2'])
  expect(fixed).toMatchObject({ fault: 'mixed', peers: 10 })
  expect(sweep).toEqual([{ name: 'flakyPeers', values: [1, 2] }])
  expect(chooseParameters(flaky, 'sim', [], ['fault=stall,drop']).sweep[0]).toEqual({
    name: 'fault',
    values: ['stall', 'drop'],
  })
})

test.each(['fault=', 'fault=Drop', 'fault=1', 'fault=drop,stall'])('--set %s is none of the words', (set) => {
  const choose = () => chooseParameters(flaky, 'sim', [set], [])
  expect(choose).toThrow(ParameterError)
  expect(choose).toThrow(`"fault" wants drop or stall or choke or mixed, not "${set.slice(6)}"`)
})

test('every combination is a cell, as often as it is repeated, each repeat with the next seed', () => {
  const sweep = [
    { name: 'a', values: [1, 2] },
    { name: 'b', values: [3, 4, 5] },
  ]
  const cells = makeCells({ fixed: { c: 9 }, sweep }, 7, 2)
  expect(cells).toHaveLength(12)
  expect(cells.map(({ index }) => index)).toEqual([...cells.keys()])
  expect(cells[3]).toEqual({
    index: 3,
    parameters: { a: 1, b: 4, c: 9 },
    sweptNames: ['a', 'b'],
    repeat: 1,
    seed: 8,
  })
})

test('the order is a permutation that the seed fixes', () => {
  const items = Array.from({ length: 50 }, (_, index) => index)
  expect(shuffled(items, 1)).toEqual(shuffled(items, 1))
  expect(shuffled(items, 1)).not.toEqual(shuffled(items, 2))
  expect(shuffled(items, 1).toSorted((a, b) => a - b)).toEqual(items)
})
