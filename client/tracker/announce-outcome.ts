/** What an HTTP exchange means as an announce: the tracker's response, or why there is none. */
import { printable } from '../metainfo/printable.ts'
import type { HttpFaultCode, HttpOutcome } from '../ports/http.ts'
import { type AnnounceFault, type AnnounceResponse, parseAnnounceResponse } from './announce-response.ts'

export interface ExchangeFault {
  readonly kind: 'fault'
  readonly code: HttpFaultCode | 'status'
  readonly detail: string
  readonly retryInSeconds: null
}

/** Only a status of 200 counts as an answer; of others the failure that the body may hold is the better reason. */
export function announceOutcome(outcome: HttpOutcome): AnnounceResponse | AnnounceFault | ExchangeFault {
  if (outcome.kind === 'fault') return { ...outcome, retryInSeconds: null }
  const answer = parseAnnounceResponse(outcome.body)
  const isFailure = answer.kind === 'fault' && answer.code === 'failure'
  if (outcome.status === 200 || isFailure) return answer
  return { kind: 'fault', code: 'status', detail: `HTTP status ${outcome.status}`, retryInSeconds: null }
}

/** One line, safe to print. */
export function describeAnnounceFault(fault: AnnounceFault | ExchangeFault): string {
  return fault.code === 'failure' ? `the tracker says: ${fault.detail}` : printable(`${fault.code}: ${fault.detail}`)
}
