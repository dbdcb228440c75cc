/** What came of asking a tracker: its response, or why there is none. */
import { printable } from '../metainfo/printable.ts'
import type { HttpFaultCode, HttpOutcome } from '../ports/http.ts'
import { type AnnounceResponse, parseAnnounceResponse } from './announce-response.ts'
import { parseScrapeResponse, type ScrapeResponse } from './scrape.ts'
import type { TrackerFault } from './tracker-answer.ts'

export type AnnounceOutcome = AnnounceResponse | TrackerFault | ExchangeFault
export type ScrapeOutcome = ScrapeResponse | TrackerFault | ExchangeFault

/** There was no answer at all, or none of a tracker. */
export interface ExchangeFault {
  readonly kind: 'fault'
  readonly code: HttpFaultCode | 'status'
  readonly detail: string
  readonly retryInSeconds: null
}

export function announceOutcome(outcome: HttpOutcome): AnnounceOutcome {
  return outcomeOf(outcome, parseAnnounceResponse)
}

export function scrapeOutcome(outcome: HttpOutcome): ScrapeOutcome {
  return outcomeOf(outcome, parseScrapeResponse)
}

export function exchangeFault(code: ExchangeFault['code'], detail: string): ExchangeFault {
  return { kind: 'fault', code, detail, retryInSeconds: null }
}

/** One line, safe to print. */
export function describeTrackerFault(fault: TrackerFault | ExchangeFault): string {
  return fault.code === 'failure' ? `the tracker says: ${fault.detail}` : printable(`${fault.code}: ${fault.detail}`)
}

/** Only a status of 200 counts as an answer; of others the failure that the body may hold is the better reason. */
function outcomeOf<Response extends { readonly kind: 'response' | 'scrape' }>(
  outcome: HttpOutcome,
  parse: (body: Uint8Array) => Response | TrackerFault,
): Response | TrackerFault | ExchangeFault {
  if (outcome.kind === 'fault') return exchangeFault(outcome.code, outcome.detail)
  const answer = parse(outcome.body)
  const isFailure = answer.kind === 'fault' && 'code' in answer && answer.code === 'failure'
  if (outcome.status === 200 || isFailure) return answer
  return exchangeFault('status', `HTTP status ${outcome.status}`)
}
