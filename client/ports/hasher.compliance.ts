/**
 * What every `Hasher` must do, whether it computes SHA-1 or compares identities: the rules of ./hasher.ts as tests. A
 * test file calls `hasherCompliance` with its own world.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HashCheck, Hasher } from './hasher.ts'

export interface HasherWorld {
  readonly hasher: Hasher
  /** A piece of content as this hasher can check it, whole or with one wrong block, in that many parts. */
  check(piece: number, how: { readonly corrupt: boolean; readonly parts: number }): HashCheck
  /** Lets the world go on until the condition holds. Rejects when it never will. */
  run(until: () => boolean): Promise<void>
  close(): void | Promise<void>
}

interface Answer {
  readonly piece: number
  readonly matches: boolean
  readonly duringCall: boolean
}

export function hasherCompliance(name: string, makeWorld: () => HasherWorld | Promise<HasherWorld>): void {
  describe(`hasher: ${name}`, () => {
    let world: HasherWorld
    let answers: Answer[]
    let calling = false

    function verify(check: HashCheck, then: () => void = () => {}): void {
      calling = true
      world.hasher.verify(check, (_nowMs, matches) => {
        answers.push({ piece: check.piece, matches, duringCall: calling })
        then()
      })
      calling = false
    }

    beforeEach(async () => {
      world = await makeWorld()
      answers = []
    })
    afterEach(() => world.close())

    test.each([1, 2, 7])('a whole piece matches, a corrupt one does not; in %d parts', async (parts) => {
      for (const corrupt of [false, true]) {
        answers = []
        verify(world.check(3, { corrupt, parts }))
        await world.run(() => answers.length > 0)
        expect(answers).toEqual([{ piece: 3, matches: !corrupt, duringCall: false }])
      }
    })

    test('40 at once: each gets its own answer, exactly once', async () => {
      for (let piece = 0; piece < 40; piece++) verify(world.check(piece, { corrupt: piece % 3 === 0, parts: 2 }))
      expect(answers).toEqual([])
      await world.run(() => answers.length === 40)
      const sorted = answers.toSorted((a, b) => a.piece - b.piece)
      expect(sorted).toEqual(
        Array.from({ length: 40 }, (_, piece) => ({ piece, matches: piece % 3 !== 0, duringCall: false })),
      )
    })

    test('one that is asked for within the answer to another is answered too', async () => {
      verify(world.check(0, { corrupt: false, parts: 1 }), () => {
        verify(world.check(1, { corrupt: true, parts: 1 }))
        expect(answers).toHaveLength(1)
      })
      await world.run(() => answers.length === 2)
      verify(world.check(2, { corrupt: false, parts: 1 }))
      await world.run(() => answers.length === 3)
      expect(answers.map(({ matches, duringCall }) => [matches, duringCall])).toEqual([
        [true, false],
        [false, false],
        [true, false],
      ])
    })
  })
}
