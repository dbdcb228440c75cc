import { afterEach, beforeEach, expect, test } from 'vitest'
import { capturedOutput } from '../node/captured-output.testing.ts'
import { STATUS, watchOf } from './status.testing.ts'
import { type LiveText, terminalView } from './terminal-view.ts'

const output = capturedOutput()
const before = { isTTY: process.stdout.isTTY, columns: process.stdout.columns, rows: process.stdout.rows }
beforeEach(() => resized(80, 24))
afterEach(() => {
  Object.assign(process.stdout, before)
  expect(process.stdout.listenerCount('resize')).toBe(listeners)
})
const listeners = process.stdout.listenerCount('resize')

function resized(columns: number, rows: number): void {
  Object.assign(process.stdout, { isTTY: true, columns, rows })
}

/** What is drawn, and what is done with it, in order. */
function viewing() {
  const did: string[] = []
  const live: LiveText = Object.assign((text: string) => void did.push(text), {
    clear: () => void did.push('clear'),
    done: () => void did.push('done'),
  })
  const watch = watchOf()
  const view = terminalView(watch, { json: false, quiet: false, seeds: false, takesKeys: true }, live)
  return { view, did, watch, end: () => view.ended(0, { kind: 'stopped' }, STATUS) }
}

test('progress is drawn; a line that stays goes above it, and it is drawn again', () => {
  const { view, did, end } = viewing()
  view.progress(0, STATUS, null)
  expect(did).toEqual([expect.stringContaining('downloading  54.1 %')])
  view.aside(() => did.push('warning'))
  expect(did.slice(1)).toEqual(['clear', 'warning', did[0]])
  end()
})

test('at the end the screen is gone, and what it came to stays', () => {
  const { view, did, end } = viewing()
  view.progress(0, STATUS, null)
  end()
  expect(did.slice(1)).toEqual(['clear', 'done'])
  expect(output.stdout).toBe('multi: stopped with 13.0 MiB of 24.0 MiB; the same command goes on from there\n')
})

test('? shows the help at once, and hides it', () => {
  const { view, did, end } = viewing()
  view.progress(0, STATUS, null)
  view.toggleHelp?.()
  view.toggleHelp?.()
  expect(did.map((text) => text.includes('snubbed:'))).toEqual([false, true, false])
  end()
})

test('a terminal that becomes narrower breaks lines: those are cleared too, and it is drawn at the new size', () => {
  const { view, did, end } = viewing()
  view.progress(0, STATUS, null)
  // Of 79 columns the bar takes two rows of 40, and so do the state (63 columns) and the rates (54); the rest one each.
  resized(40, 24)
  process.stdout.emit('resize')
  expect(output.stdout).toBe('\u001b[3A\u001b[J')
  expect(did[1]).toBe('clear')
  for (const line of (did[2] ?? '').split('\n')) expect(line.length).toBeLessThan(40 + '\u001b[1m\u001b[22m'.length)
  end()
})

test('before there is anything to draw, nothing is drawn', () => {
  const { view, did, end } = viewing()
  view.toggleHelp?.()
  view.aside(() => {})
  expect(did).toEqual(['clear'])
  end()
})
