import { beforeEach, describe, expect, test } from 'vitest'
import type { PeerConnection } from '../peer/peer-connection.ts'
import type { PeerSession } from './peer-session.ts'
import { SessionTable } from './session-table.ts'

/** As much of a session as the table looks at. Handling a deadline moves it, as a machine does. */
class FakeSession {
  readonly peer: { readonly key: number }
  readonly handledMs: number[] = []
  state: PeerConnection['state'] = 'open'
  deadline: number | null = null
  nextDeadline: number | null = null

  constructor(key: number) {
    this.peer = { key }
  }

  readonly machine = {
    deadlineMs: () => this.deadline,
    handleDeadline: (nowMs: number) => {
      this.handledMs.push(nowMs)
      this.deadline = this.nextDeadline
    },
    isState: () => this.state,
  }

  get real(): PeerSession {
    Object.defineProperty(this.machine, 'state', { get: this.machine.isState, configurable: true })
    return this as unknown as PeerSession
  }
}

let table: SessionTable
let sessions: FakeSession[]

beforeEach(() => {
  table = new SessionTable()
  sessions = [7, 3, 9].map((key) => new FakeSession(key))
})

function addAll(...deadlines: readonly (number | null)[]): void {
  for (const [index, session] of sessions.entries()) {
    session.deadline = deadlines[index] ?? null
    table.add(session.real)
  }
}

/** The keys of those that are touched, which are no longer touched then. */
function takeAll(): number[] {
  const keys: number[] = []
  for (let next = table.takeTouched(); next !== null; next = table.takeTouched()) keys.push(next.peer.key)
  return keys
}

describe('sessions', () => {
  test('are found by key, listed in the order they came, and gone when they are removed', () => {
    addAll()
    expect([table.size, table.get(3)?.peer.key, table.get(4)]).toEqual([3, 3, undefined])
    expect([...table.all()].map(({ peer }) => peer.key)).toEqual([7, 3, 9])
    table.remove(sessions[1]!.real)
    expect([table.size, table.get(3)]).toEqual([2, undefined])
    expect([...table.all()].map(({ peer }) => peer.key)).toEqual([7, 9])
  })

  test('are counted: half open are those that we dialled until they open or go', () => {
    addAll()
    const states = ['connecting', 'handshaking', 'open'] as const
    for (const [index, state] of states.entries()) sessions[index]!.state = state
    expect([table.halfOpenCount, table.countOpen()]).toEqual([3, 1])
    table.opened(sessions[1]!.real)
    table.remove(sessions[2]!.real)
    expect(table.halfOpenCount).toBe(1)
  })
})

describe('touched sessions', () => {
  test('are taken once, the longest touched first', () => {
    addAll()
    for (const index of [2, 0, 2, 2]) table.touch(sessions[index]!.real)
    expect(sessions[0]!.real.isTouched).toBe(true)
    expect(takeAll()).toEqual([9, 7])
    expect([sessions[0]!.real.isTouched, takeAll()]).toEqual([false, []])
  })

  test('may be touched while others are taken', () => {
    addAll()
    table.touch(sessions[0]!.real)
    table.touch(sessions[1]!.real)
    expect(table.takeTouched()?.peer.key).toBe(7)
    table.touch(sessions[0]!.real)
    expect(takeAll()).toEqual([3, 7])
  })

  test('are all of them in their order, but those that are touched already come first, and one can be put last', () => {
    addAll()
    table.touch(sessions[2]!.real)
    table.touchAll()
    expect(takeAll()).toEqual([9, 7, 3])
    table.touchAll()
    table.touchLast(sessions[0]!.real)
    expect(takeAll()).toEqual([3, 9, 7])
  })
})

describe('the deadline', () => {
  test('is the earliest of all, null where nobody has one', () => {
    expect(table.deadlineMs()).toBe(null)
    addAll(null, 500, 200)
    expect(table.deadlineMs()).toBe(200)
    sessions[0]!.deadline = 100
    table.noteDeadline(sessions[0]!.real)
    expect(table.deadlineMs()).toBe(100)
  })

  test('that moves later stays as a lower bound, and then wakes nobody who is not due', () => {
    addAll(100, 500)
    sessions[0]!.deadline = 300
    table.noteDeadline(sessions[0]!.real)
    expect(table.deadlineMs()).toBe(100)
    table.handleDeadline(99)
    expect(table.deadlineMs()).toBe(100)
    table.handleDeadline(100)
    expect([table.deadlineMs(), takeAll()]).toEqual([300, []])
  })

  test('is handled by whoever is due, each once, and they are touched', () => {
    addAll(100, 90, 101)
    sessions[0]!.nextDeadline = 400
    table.handleDeadline(100)
    expect(sessions.map(({ handledMs }) => handledMs)).toEqual([[100], [100], []])
    expect(takeAll()).toEqual([7, 3])
    expect(table.deadlineMs()).toBe(101)
  })

  test('of the last session goes with it', () => {
    addAll(100, 200, 300)
    for (const session of sessions) table.remove(session.real)
    expect(table.deadlineMs()).toBe(null)
    table.handleDeadline(1_000)
    expect(sessions.every(({ handledMs }) => handledMs.length === 0)).toBe(true)
  })
})
