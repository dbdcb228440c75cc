/**
 * Single keys from the terminal that stdin is: raw mode, without an echo, until `close`.
 *
 * In raw mode the terminal sends no signals, so what Ctrl-C and Ctrl-Z mean is done here. The terminal is as it was
 * before on every way out: `close`, the end of the process, a stop by Ctrl-Z.
 */
import { readFileSync } from 'node:fs'
import { askToEnd } from './signals.ts'
import { showCursor } from './terminal.ts'

/** The part of `process.stdin` that this needs. */
export interface KeyInput {
  readonly isTTY?: boolean
  setRawMode(isRaw: boolean): unknown
  on(event: 'data', take: (bytes: Uint8Array) => void): unknown
  off(event: 'data', take: (bytes: Uint8Array) => void): unknown
  resume(): unknown
  pause(): unknown
}

export interface KeyReader {
  /** Nothing is read any more; to be called any number of times. */
  close(): void
}

const CTRL_C = '\u0003'
const CTRL_Z = '\u001a'
const ESCAPE = '\u001b'

/** Stdin is a terminal that somebody can type on. */
export function takesKeys(input: KeyInput = process.stdin): boolean {
  return input.isTTY === true && isInForeground()
}

/**
 * `pressed` gets one character at a time; arrows and other keys of several are left out. To be called where
 * `takesKeys`: from the background, touching the terminal would stop this process.
 */
export function readKeys(pressed: (key: string) => void, input: KeyInput = process.stdin): KeyReader {
  const take = (bytes: Uint8Array) => {
    const text = new TextDecoder().decode(bytes)
    if (text.startsWith(ESCAPE)) return
    for (const key of text) {
      if (key === CTRL_C) askToEnd()
      else if (key === CTRL_Z) stopUntilContinued(input)
      else pressed(key)
    }
  }
  let isOpen = true
  const close = () => {
    if (!isOpen) return
    isOpen = false
    process.off('exit', close)
    input.off('data', take)
    input.setRawMode(false)
    input.pause()
  }
  process.on('exit', close)
  input.setRawMode(true)
  input.on('data', take)
  input.resume()
  return { close }
}

/** As the terminal would: every process of the job stops. */
function stopUntilContinued(input: KeyInput): void {
  if (process.platform === 'win32') return
  input.setRawMode(false)
  showCursor(true)
  process.once('SIGCONT', () => {
    if (!isInForeground()) return
    input.setRawMode(true)
    showCursor(false)
  })
  process.kill(0, 'SIGTSTP')
}

/** Only Linux lets one look; elsewhere it is taken for granted. */
function isInForeground(): boolean {
  if (process.platform !== 'linux') return true
  try {
    const stat = readFileSync('/proc/self/stat', 'utf8')
    // After the name, which is in brackets and may have any character: state, ppid, pgrp, session, tty, tpgid.
    const [, , group, , , foregroundGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return group === foregroundGroup || foregroundGroup === '-1'
  } catch {
    return true
  }
}
