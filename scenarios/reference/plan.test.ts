import { expect, test } from 'vitest'
import { makeCells } from '../engine/cells.ts'
import { chosenEntries } from './chosen.ts'
import { commandOf } from './command-of.ts'
import { ENTRIES, type ScenarioEntry, SEED } from './plan.ts'
import { choiceOf, scenarioOf } from './run-entry.ts'

const SCENARIO_ENTRIES = ENTRIES.filter((entry): entry is ScenarioEntry => entry.kind === 'scenario')

test('the folders have different names', () => {
  expect(new Set(ENTRIES.map(({ name }) => name)).size).toBe(ENTRIES.length)
})

test.for(SCENARIO_ENTRIES)('$name: its scenario runs there, and takes its parameters', (entry) => {
  expect(scenarioOf(entry).runtimes).toContain(entry.on === 'containers' ? 'processes' : entry.on)
  expect(makeCells(choiceOf(entry), SEED, entry.repeats).length).toBeGreaterThan(0)
})

test('--only takes groups and names, in the order of the plan', () => {
  const names = chosenEntries('runtimes,sim').map(({ name }) => name)
  expect(names[0]).toBe('multi-peer-drop')
  expect(names.at(-1)).toBe('runtimes')
  expect(chosenEntries(null)).toBe(ENTRIES)
  expect(() => chosenEntries('sim,nothing')).toThrow('there is no "nothing"')
})

test('the command of an entry is what a user types', () => {
  const of = (name: string) => commandOf(ENTRIES.find((entry) => entry.name === name)!)
  expect(of('picker-ablation')).toBe(
    'npm run scenario picker-ablation -- --on sim --sweep leechers=4,20 --repeat 5 --seed 1',
  )
  expect(of('runtimes')).toBe('npm run validate -- --against processes --seeds 3')
})
