import { EventEmitter } from 'node:events'
import { afterEach, expect, test, vi } from 'vitest'
import { type KeyInput, readKeys, takesKeys } from './terminal-keys.ts'

/** What `process.stdin` is on a terminal, as far as keys go. */
class FakeTerminal extends EventEmitter implements KeyInput {
  readonly isTTY = true
  isRaw = false
  isRead = false

  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw
  }
  resume(): this {
    this.isRead = true
    return this
  }
  pause(): this {
    this.isRead = false
    return this
  }
  type(text: string): void {
    this.emit('data', new TextEncoder().encode(text))
  }
}

const exitListeners = process.listeners('exit')
afterEach(() => {
  vi.restoreAllMocks()
  expect(process.listeners('exit')).toEqual(exitListeners)
})

test('keys come one by one, also where several are typed at once; arrows are none', () => {
  const terminal = new FakeTerminal()
  const keys: string[] = []
  const reader = readKeys((key) => keys.push(key), terminal)
  expect([terminal.isRaw, terminal.isRead]).toEqual([true, true])
  for (const text of ['p', ' ?', '\u001b[A', 'ü']) terminal.type(text)
  expect(keys).toEqual(['p', ' ', '?', 'ü'])
  reader.close()
})

test('after close the terminal is as before, nothing is read, and a second close does nothing', () => {
  const terminal = new FakeTerminal()
  const reader = readKeys(() => expect.fail('a key'), terminal)
  reader.close()
  expect([terminal.isRaw, terminal.isRead, terminal.listenerCount('data')]).toEqual([false, false, 0])
  terminal.type('p')
  terminal.setRawMode(true)
  reader.close()
  expect(terminal.isRaw).toBe(true)
})

test('where the process ends without a close, the terminal is as before', () => {
  const terminal = new FakeTerminal()
  readKeys(() => {}, terminal)
  const restore = process.listeners('exit').find((listener) => !exitListeners.includes(listener))
  restore?.call(process, 0)
  expect(terminal.isRaw).toBe(false)
})

test('Ctrl-C is the signal that the terminal would have sent, and no key', () => {
  const terminal = new FakeTerminal()
  const asked = vi.fn()
  process.on('SIGINT', asked)
  const reader = readKeys(() => expect.fail('a key'), terminal)
  terminal.type('\u0003')
  process.off('SIGINT', asked)
  reader.close()
  expect(asked).toHaveBeenCalledOnce()
})

test.skipIf(process.platform === 'win32')('Ctrl-Z stops the job, with the terminal as before', () => {
  const terminal = new FakeTerminal()
  const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
    expect(terminal.isRaw).toBe(false)
    return true
  })
  const reader = readKeys(() => expect.fail('a key'), terminal)
  terminal.type('\u001a')
  expect(kill).toHaveBeenCalledExactlyOnceWith(0, 'SIGTSTP')
  process.removeAllListeners('SIGCONT')
  reader.close()
})

test('what is no terminal takes no keys', () => {
  const terminal = new FakeTerminal()
  expect(takesKeys(Object.assign(terminal, { isTTY: false }))).toBe(false)
})
