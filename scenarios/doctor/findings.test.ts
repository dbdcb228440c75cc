import { expect, test } from 'vitest'
import { examine, nodeFinding } from './findings.ts'

test('what is missing is told with how to get it', async () => {
  for (const { what, isThere, found, remedy } of await examine(process.versions.node)) {
    expect(`${what}: ${found}`).not.toContain('\n')
    expect(remedy === null, what).toBe(isThere)
  }
})

test.each([
  ['22.12.0', false],
  ['24.0.0', true],
])('Node %s is usable: %s', (version, isThere) => {
  expect(nodeFinding(version).isThere).toBe(isThere)
})
