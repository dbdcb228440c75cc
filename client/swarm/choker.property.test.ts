/** What holds for the choker whatever its peers do. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ChokerStage } from './choker.testing.ts'
import type { ChokerMode } from './choker.ts'
import { TURN_MS } from './choker-ledger.ts'

const PATIENT = 100
type Change = { waitMs: number; key: number; what: string; mode: ChokerMode }
const anyChange: fc.Arbitrary<Change> = fc.record({
  waitMs: fc.oneof(fc.nat(100), fc.nat(40_000)),
  key: fc.nat(11),
  what: fc.constantFrom('come', 'come', 'go', 'want', 'want', 'not', 'snub', 'pay', 'pay', 'full'),
  mode: fc.constantFrom<ChokerMode>('leeching', 'leeching', 'leeching', 'seeding'),
})
const anyHistory = fc.array(anyChange, { minLength: 1, maxLength: 80 })

function happen(stage: ChokerStage, { waitMs, key, what, mode }: Change) {
  stage.runTo(stage.nowMs + waitMs)
  stage.mode = mode
  const peer = stage.peers.get(key)
  if (what === 'come' || peer === undefined) return peer === undefined ? stage.come(key) : stage.decide()
  if (what === 'go') return stage.go(key)
  if (what === 'pay') stage.givesBytesPerSecond.set(key, key * 1000)
  if (what === 'want' || what === 'not') peer.isInterested = what === 'want'
  if (what === 'snub') peer.isSnubbed = !peer.isSnubbed
  if (what === 'full') peer.isUploadOnly = !peer.isUploadOnly
  stage.decide()
}

test('no more are served than there are slots, none is left free, and nobody is who must not be', () => {
  fc.assert(
    fc.property(anyHistory, fc.nat(4), (history, regularSlots) => {
      const stage = new ChokerStage(regularSlots)
      for (const step of history) {
        happen(stage, step)
        const wants = [...stage.peers.values()].filter((peer) => peer.isInterested && !peer.isUploadOnly)
        const unsnubbed = wants.filter((peer) => !peer.isSnubbed)
        expect(stage.served.length).toBeLessThanOrEqual(regularSlots + 1)
        expect(stage.with('ready').length).toBeLessThanOrEqual(regularSlots)
        expect(stage.served.length).toBeGreaterThanOrEqual(Math.min(unsnubbed.length, regularSlots + 1))
        if (wants.length > 0) expect(stage.served.length).toBeGreaterThan(0)
        for (const key of stage.with('regular', 'optimistic', 'ready')) {
          expect(stage.peers.get(key)!.isUploadOnly).toBe(false)
        }
        if (stage.mode === 'seeding') continue
        for (const key of stage.with('regular')) expect(stage.peers.get(key)!.isSnubbed).toBe(false)
      }
    }),
    { numRuns: 300 },
  )
})

test('asking again at the same time changes nothing', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const stage = new ChokerStage(2)
      for (const step of history) {
        happen(stage, step)
        const before = [stage.with('regular'), stage.with('optimistic'), stage.with('ready'), stage.choker.deadlineMs()]
        stage.decide()
        const after = [stage.with('regular'), stage.with('optimistic'), stage.with('ready'), stage.choker.deadlineMs()]
        expect(after).toEqual(before)
      }
    }),
  )
})

test('within a round who may keep a regular slot keeps it, but for those that were ready and are interested now', () => {
  fc.assert(
    fc.property(anyHistory, (history) => {
      const stage = new ChokerStage(3)
      for (const step of history) {
        stage.runTo(stage.nowMs + step.waitMs)
        const [regular, ready] = [stage.with('regular'), stage.with('ready')]
        happen(stage, { ...step, waitMs: 0, mode: 'leeching' })
        const wants = (key: number) => {
          const peer = stage.peers.get(key)
          return peer?.isInterested === true && !peer.isUploadOnly && !peer.isSnubbed
        }
        const lost = regular.filter((key) => wants(key) && !stage.with('regular').includes(key))
        expect(lost.length).toBeLessThanOrEqual(ready.filter(wants).length)
      }
    }),
    { numRuns: 300 },
  )
})

test.each<ChokerMode>(['leeching', 'seeding'])(
  'one that stays interested is served within 30 s for each other peer (%s)',
  (mode) => {
    fc.assert(
      fc.property(anyHistory, fc.nat(2), (history, regularSlots) => {
        const stage = new ChokerStage(regularSlots)
        stage.mode = mode
        stage.come(PATIENT)
        let since = { ms: 0, others: 0 }
        const look = () => {
          if (stage.served.includes(PATIENT)) since = { ms: stage.nowMs, others: stage.peers.size - 1 }
          expect(stage.nowMs - since.ms).toBeLessThanOrEqual(TURN_MS * since.others)
        }
        for (const step of history) {
          const endMs = stage.nowMs + step.waitMs
          for (let ms = stage.nowMs; ms < endMs; ms = Math.min(endMs, ms + 500)) {
            stage.runTo(ms)
            look()
          }
          // Who comes back is a stranger again.
          if (!stage.peers.has(step.key)) since.others++
          happen(stage, { ...step, waitMs: 0, mode })
          look()
        }
      }),
    )
  },
)
