import { describe, expect, test } from 'vitest'
import { encodeMetadataMessage } from '../client/wire/ut-metadata.ts'
import { BEHAVIOURS } from './behaviours/all.ts'
import { FAULTS, HOSTILE_KINDS } from './hostile-kinds.ts'
import { parseScript, type ScriptStep } from './script.ts'
import { ALL_BLOCKS, interested, Stage } from './stage.testing.ts'

/** What a client hears that does all that one does: takes metadata, is interested, and asks for everything, for 5 s. */
function transcript(script: readonly ScriptStep[]): string {
  const stage = new Stage({ script })
  const client = stage.dialExtended()
  client.send(interested)
  stage.at(100, () => {
    for (const piece of [0, 1]) {
      client.send({ type: 'extended', extensionId: 2, payload: encodeMetadataMessage({ kind: 'request', piece }) })
    }
    client.send(...ALL_BLOCKS)
  })
  stage.runUntil(5_000)
  return [client.hexFrom(0), ...client.take()].join('\n')
}

const HONEST = new Set([[], [{}], [{ fast: false }]].map((spoken) => transcript(spoken.map(speak))))

function speak(options: object): ScriptStep {
  return { when: { afterStartMs: 0 }, do: { behaviour: 'speak', ...options } }
}

describe('every hostile kind', () => {
  test.each(HOSTILE_KINDS)('$name ($fault) is a script, and no honest peer sends what it does', ({ script }) => {
    expect(parseScript(script).length).toBe(script.length)
    expect(HONEST.has(transcript(script))).toBe(false)
  })
})

test('kinds have names of their own, and there are 80 at least', () => {
  const names = HOSTILE_KINDS.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(names.filter((name) => !/^[a-z0-9-]+$/.test(name))).toEqual([])
  expect(names.length).toBeGreaterThanOrEqual(80)
})

test('every fault has a kind', () => {
  expect(FAULTS.filter((fault) => !HOSTILE_KINDS.some((kind) => kind.fault === fault))).toEqual([])
})

test('every behaviour is in a kind, but those of honest peers', () => {
  const used = new Set(HOSTILE_KINDS.flatMap(({ script }) => script.map((step) => step.do.behaviour)))
  const left = BEHAVIOURS.map(({ name }) => name).filter((name) => !used.has(name))
  expect(left).toEqual(['dial', 'leech', 'slow-down'])
})
