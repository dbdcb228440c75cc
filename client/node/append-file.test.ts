import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { openAppendFile } from './append-file.ts'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'append-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

const inFolder = (name: string) => path.join(folder, name)
const content = (name: string) => fs.readFileSync(inFolder(name), 'utf8')
const NEVER = () => {
  throw new Error('it failed')
}

test('what is written is in the file, in order, once it is closed; what was in it before is gone', () => {
  fs.writeFileSync(inFolder('order'), 'old')
  const file = openAppendFile(inFolder('order'), { option: '--trace', failed: NEVER })
  for (let line = 0; line < 20_000; line++) file.writeLine(`line ${line}`)
  file.write(new Uint8Array(70_000).fill(0x61))
  file.writeLine('ä')
  file.close()
  file.close()
  file.writeLine('late')
  const lines = content('order').split('\n')
  expect(lines.slice(0, 20_000).every((line, index) => line === `line ${index}`)).toBe(true)
  expect(lines.slice(20_000)).toEqual([`${'a'.repeat(70_000)}ä`, ''])
})

test('what is written may be changed by its owner after the call', () => {
  const file = openAppendFile(inFolder('changed'), { option: '--pcap', failed: NEVER })
  const bytes = Uint8Array.of(0x61, 0x62)
  file.write(bytes)
  bytes.fill(0x7a)
  file.close()
  expect(content('changed')).toBe('ab')
})

test('what was written reaches the file in half a second, without a close', () => {
  vi.useFakeTimers()
  try {
    const file = openAppendFile(inFolder('soon'), { option: '--trace', failed: NEVER })
    file.writeLine('a')
    vi.advanceTimersByTime(499)
    expect(content('soon')).toBe('')
    vi.advanceTimersByTime(1)
    expect(content('soon')).toBe('a\n')
    file.writeLine('b')
    vi.advanceTimersByTime(500)
    expect(content('soon')).toBe('a\nb\n')
    file.close()
  } finally {
    vi.useRealTimers()
  }
})

test('a process that exits without closing it leaves all of it there, and is not kept from ending', () => {
  const script = `
    import { openAppendFile } from ${JSON.stringify(new URL('append-file.ts', import.meta.url).href)}
    openAppendFile(${JSON.stringify(inFolder('exit'))}, { option: '--trace', failed() {} }).writeLine('the last')`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  expect([status, stderr, content('exit')]).toEqual([0, '', 'the last\n'])
})

test.runIf(fs.existsSync('/dev/full'))('a full disk is told once, and the file ends there', () => {
  const problems: string[] = []
  const file = openAppendFile('/dev/full', { option: '--pcap', failed: (problem) => problems.push(problem) })
  const before = process.listenerCount('exit')
  for (let round = 0; round < 5; round++) file.write(new Uint8Array(40_000))
  file.close()
  expect(problems).toEqual(['--pcap /dev/full: the disk is full; it ends here'])
  expect(process.listenerCount('exit')).toBe(before - 1)
})

test.each([
  ['missing/file', /^--trace .*missing\/file: no such file or folder$/],
  ['.', /^--trace .*: is a folder$/],
])('a file that cannot be opened is wrong usage: %s', (name, problem) => {
  const open = () => openAppendFile(inFolder(name), { option: '--trace', failed: NEVER })
  expect(open).toThrow(expect.objectContaining({ exitCode: 2, message: expect.stringMatching(problem) }))
})
