/**
 * How a process of a cell speaks with whoever started it: by the messages of Node where it is a child, else (in a
 * container) by lines, serialised as those messages are and in Base64; orders on stdin, reports on stdout. It ends when
 * its parent is gone.
 */
import { createInterface } from 'node:readline'
import { decodeLine, encodeLine } from './message-lines.ts'
import { PARENT_WAITED_FOR } from './parent-line.ts'

const isChild = process.send !== undefined

export function fromParent<Order>(listener: (order: Order) => void): void {
  if (isChild) {
    process.on('message', listener)
    process.on('disconnect', () => process.exit())
    return
  }
  process.stderr.write(PARENT_WAITED_FOR)
  const lines = createInterface({ input: process.stdin })
  lines.on('line', (line) => listener(decodeLine(line) as Order))
  lines.on('close', () => process.exit())
}

export function toParent(report: object): void {
  if (isChild) process.send?.(report)
  else process.stdout.write(encodeLine(report))
}
