import { expect, test } from 'vitest'
import { wireFault } from '../wire/fault.ts'
import { type CloseReason, formatCloseReason } from './peer-event.ts'

test.each<readonly [CloseReason, string]>([
  [{ kind: 'fault', fault: wireFault('have.piece', 'below 3', 7) }, 'have.piece: expected below 3, received 7'],
  [{ kind: 'end', end: 'fin' }, 'closed by the peer'],
  [{ kind: 'end', end: 'reset' }, 'reset by the peer'],
  [{ kind: 'end', end: 'refused' }, 'connection refused'],
  [{ kind: 'end', end: 'unreachable' }, 'unreachable'],
  [{ kind: 'end', end: 'closed' }, 'closed by us'],
  [{ kind: 'timeout', of: 'connect' }, 'connect timed out'],
  [{ kind: 'timeout', of: 'handshake' }, 'handshake timed out'],
  [{ kind: 'timeout', of: 'idle' }, 'idle timed out'],
  [{ kind: 'ours', why: 'stopping' }, 'we are stopping'],
  [{ kind: 'ours', why: 'banned' }, 'banned'],
  [{ kind: 'ours', why: 'not-needed' }, 'neither of us needs anything'],
])('%j is told as "%s"', (reason, text) => expect(formatCloseReason(reason)).toBe(text))
