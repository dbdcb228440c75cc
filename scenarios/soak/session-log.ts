/** What a session told its log before it ended: `--log FILE --log-level debug` of the client. */
import { readFile } from 'node:fs/promises'
import type { PieceIndex } from '../../client/metainfo/geometry.ts'

export interface SessionLog {
  /** When each piece was stored, in ms of the wall clock. */
  readonly storedMs: ReadonlyMap<PieceIndex, number>
  /** Useful blocks that came, by piece. */
  readonly received: ReadonlyMap<PieceIndex, number>
  /** Pieces that were believed to the resume state. */
  readonly trustedCount: number
  /** Why the resume state was not used, where it was not. */
  readonly stateRejected: string | null
}

interface Line {
  readonly time: string
  readonly event: string
  readonly piece?: number
  readonly wasted?: boolean
  readonly trusted?: number
  readonly reason?: string
}

/** None is written where the session died early. A last line that was not finished is no line. */
export async function readSessionLog(path: string): Promise<SessionLog> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  const storedMs = new Map<PieceIndex, number>()
  const received = new Map<PieceIndex, number>()
  let trustedCount = 0
  let stateRejected: string | null = null
  for (const line of text.split('\n').slice(0, -1)) {
    const { time, event, piece, wasted, trusted, reason } = JSON.parse(line) as Line
    if (event === 'piece-stored') storedMs.set(piece as PieceIndex, Date.parse(time))
    else if (event === 'block-received' && wasted === false) {
      received.set(piece as PieceIndex, (received.get(piece as PieceIndex) ?? 0) + 1)
    } else if (event === 'verified-on-disk') trustedCount = trusted ?? 0
    else if (event === 'resume-state-rejected') stateRejected = reason ?? 'without a reason'
  }
  return { storedMs, received, trustedCount, stateRejected }
}
