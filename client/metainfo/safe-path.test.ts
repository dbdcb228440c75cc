import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { distinctPaths, type NamePlatform, safeName, safePath, safeSegment } from './safe-path.ts'

const PLATFORMS: readonly NamePlatform[] = ['linux', 'macos', 'windows']
const bytesOf = (text: string) => new TextEncoder().encode(text).length

function distinctOf(paths: readonly (readonly string[])[], platform: NamePlatform) {
  const distinct = distinctPaths(paths, platform, Number.POSITIVE_INFINITY)
  if (distinct === null) throw new Error('there is no limit')
  return distinct
}

const nasty = fc
  .array(fc.oneof(fc.constantFrom(...'/\\.:\0\u001b\u009b\u202e\ud800~ CON1'), fc.string({ unit: 'grapheme' })), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''))

describe('whatever the names are', () => {
  test('a path stays below its folder and cannot act on a terminal', () => {
    fc.assert(
      fc.property(fc.array(nasty), fc.constantFrom(...PLATFORMS), (segments, platform) => {
        const path = safePath(segments, platform)
        expect(path.length).toBeGreaterThan(0)
        for (const segment of path) {
          expect(['', '.', '..']).not.toContain(segment)
          expect(segment).not.toMatch(/[/\\\p{Cc}\p{Cs}\u202a-\u202e]/u)
          expect(bytesOf(segment)).toBeLessThanOrEqual(255)
        }
      }),
    )
  })

  test('safe names are safe already', () => {
    fc.assert(
      fc.property(nasty, fc.constantFrom(...PLATFORMS), (name, platform) => {
        const safe = safeName(name, 'fallback', platform)
        expect(safeName(safe, 'fallback', platform)).toBe(safe)
      }),
    )
  })

  test('distinct paths are distinct, none is a folder of another, and nothing changes without need', () => {
    const segment = fc.constantFrom('a', 'A', 'b.bin', 'b.1.bin', 'a.1')
    const paths = fc.array(fc.array(segment, { minLength: 1, maxLength: 3 }), { maxLength: 30 })
    fc.assert(
      fc.property(paths, fc.constantFrom(...PLATFORMS), (given, platform) => {
        const { paths: distinct, changed } = distinctOf(given, platform)
        const fold = (text: string) => (platform === 'linux' ? text : text.toLowerCase())
        const keys = distinct.map((path) => fold(path.join('/')))
        expect(new Set(keys).size).toBe(given.length)
        const folders = new Set(
          distinct.flatMap((path) => path.map((_, depth) => fold(path.slice(0, depth).join('/')))),
        )
        expect(keys.filter((key) => folders.has(key))).toEqual([])
        expect(distinct.filter((path, index) => path !== given[index]).length).toBe(changed)
        if (new Set(given.map((path) => path.join('/'))).size < given.length) expect(changed).toBeGreaterThan(0)
      }),
    )
  })
})

test.each<[string, NamePlatform, string | null]>([
  ['CON', 'linux', 'CON'],
  ['CON', 'windows', '_CON'],
  ['nul.txt', 'windows', '_nul.txt'],
  ['console', 'windows', 'console'],
  ['a:b', 'windows', 'a_b'],
  ['a.', 'windows', 'a_'],
  ['...', 'windows', '.._'],
  ['...', 'macos', '...'],
  ['..', 'windows', null],
])('%s on %s is %s', (name, platform, safe) => {
  expect(safeSegment(name, platform)).toBe(safe)
})

test.each<[string, string, string]>([
  ['255 bytes stay', 'a'.repeat(255), 'a'.repeat(255)],
  ['256 are cut', 'a'.repeat(256), 'a'.repeat(240)],
  ['an extension stays', `${'a'.repeat(300)}.torrent`, `${'a'.repeat(232)}.torrent`],
  ['a long one is none', `a.${'b'.repeat(300)}`, `a.${'b'.repeat(238)}`],
  ['no character is cut in two', '文'.repeat(86), '文'.repeat(80)],
])('long names: %s', (_, name, safe) => {
  expect(safeSegment(name, 'linux')).toBe(safe)
})

test('long names that are the same are told apart within the limit', () => {
  const name = `${'a'.repeat(251)}.bin`
  const { paths } = distinctOf([[name], [name], [name]], 'linux')
  expect(paths).toEqual([[name], [`${'a'.repeat(249)}.1.bin`], [`${'a'.repeat(249)}.2.bin`]])
})

test('as many changes as may be, and one more', () => {
  const paths = [['a'], ['a'], ['a']]
  expect(distinctPaths(paths, 'linux', 2)).toEqual({ paths: [['a'], ['a.1'], ['a.2']], changed: 2 })
  expect(distinctPaths(paths, 'linux', 1)).toBe(null)
})

test.each<[NamePlatform, number]>([
  ['linux', 0],
  ['macos', 2],
  ['windows', 2],
])('on %s, of README, readme and é in two forms %i have to change', (platform, changed) => {
  expect(distinctOf([['README'], ['readme'], ['\u00e9'], ['e\u0301']], platform).changed).toBe(changed)
})

test('the client keeps its own folder, in whatever case', () => {
  expect(safeName('.swarmlab', '_', 'linux')).toBe('_.swarmlab')
  expect(safeName('.SwarmLab', '_', 'macos')).toBe('_.SwarmLab')
  expect(safeName('.swarmlab2', '_', 'linux')).toBe('.swarmlab2')
})
