/** The first line in which two traces differ, read as streams: a trace may be larger than memory. */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'

export interface TraceDifference {
  /** Counted from 1, lines that begin with # left out. */
  readonly event: number
  /** Null: it ends before. */
  readonly one: string | null
  readonly other: string | null
}

/** Null: they are the same. */
export async function firstDifference(onePath: string, otherPath: string): Promise<TraceDifference | null> {
  const [one, other] = [eventsOf(onePath), eventsOf(otherPath)]
  try {
    for (let event = 1; ; event++) {
      const [left, right] = await Promise.all([one.next(), other.next()])
      if (left.done === true && right.done === true) return null
      const texts = { one: left.done === true ? null : left.value, other: right.done === true ? null : right.value }
      if (texts.one !== texts.other) return { event, ...texts }
    }
  } finally {
    await Promise.all([one.return(undefined), other.return(undefined)])
  }
}

/** Whom a trace is of: its first line, up to the colon; null where it is no trace. */
export async function traceSubject(path: string, head: string): Promise<string | null> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
  try {
    for await (const line of lines) return line.startsWith(head) ? line.slice(head.length).split(':')[0]! : null
    return null
  } finally {
    lines.close()
  }
}

async function* eventsOf(path: string): AsyncGenerator<string, undefined> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })
  for await (const line of lines) if (!line.startsWith('#')) yield line
  return undefined
}
