/**
 * The tracker behind HTTP, without the sockets: request target in, answer out. BEP 3, 23, 48. `server.ts` puts it on a
 * port; the simulator asks it directly.
 */
import { keyBytes } from '../client/bencode/value.ts'
import { infoHashFromBytes } from '../client/metainfo/infohash.ts'
import { announceRequestFromQuery, parseQuery } from '../client/tracker/announce-request.ts'
import { encodeAnnounceFailure, encodeAnnounceResponse } from '../client/tracker/announce-response.ts'
import { encodeScrapeResponse } from '../client/tracker/scrape.ts'
import { scriptedBody } from './garbage.ts'
import type { ScriptAction } from './script.ts'
import { type AnnounceRecord, ScriptedTracker, type ScriptedTrackerOptions } from './scripted-tracker.ts'

export type Handled = Reply & {
  readonly delayMs: number
  /** After that nobody listens for so long; null: it stays. */
  readonly awayMs: number | null
  /** What is worth a line in a log; null for what is no announce. */
  readonly announce: AnnounceRecord | null
}

export type Reply =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      readonly body: Uint8Array
      /** How often the body follows itself. */
      readonly times: number
    }
  | { readonly kind: 'hang' }
  | { readonly kind: 'reset' }

export class TrackerHttpService {
  /** What it shares with the service behind UDP. */
  readonly tracker: ScriptedTracker

  constructor(options: ScriptedTrackerOptions) {
    this.tracker = new ScriptedTracker(options)
  }

  /** `target` is path and query as they were sent; `remoteHost` an IP literal. */
  handle(target: string, remoteHost: string, nowMs: number): Handled {
    if (this.tracker.isAway(nowMs)) return justAnswer({ kind: 'reset' })
    const [path = '', query = ''] = splitOnce(target, '?')
    if (/(^|\/)announce$/.test(path)) return this.#announce(target, query, remoteHost, nowMs)
    return justAnswer(
      /(^|\/)scrape$/.test(path) ? this.#scrape(query, nowMs) : text(404, 'here are /announce and /scrape'),
    )
  }

  #announce(target: string, query: string, remoteHost: string, nowMs: number): Handled {
    const request = announceRequestFromQuery(query)
    if ('kind' in request) {
      const reason = `${request.field}: expected ${request.expected}, received ${request.received}`
      return justAnswer(bencoded(encodeAnnounceFailure(reason)))
    }
    const { action, response, record } = this.tracker.announce(request, remoteHost, nowMs, 'http')
    let reply: Reply
    if (response === null) reply = this.#asScripted(action, target)
    else if (response.kind === 'refusal') reply = bencoded(encodeAnnounceFailure(response.reason))
    else reply = bencoded(encodeAnnounceResponse(response, request.compact))
    return { ...reply, delayMs: action.delayMs ?? 0, awayMs: action.awayMs ?? null, announce: record }
  }

  #asScripted(action: ScriptAction, target: string): Reply {
    if (action.hang) return { kind: 'hang' }
    if (action.error !== undefined) return bencoded(encodeAnnounceFailure(action.error))
    if (action.status !== undefined) return text(action.status, 'as scripted')
    if (action.redirectTo !== undefined) return redirect(action.redirectTo === 'self' ? target : action.redirectTo)
    const body = scriptedBody(action, this.tracker.random)
    if (body === null) return { kind: 'reset' }
    const headers: Record<string, string> = body.isGzip ? { 'Content-Encoding': 'gzip' } : {}
    return { kind: 'answer', status: 200, headers, body: body.bytes, times: body.times }
  }

  #scrape(query: string, nowMs: number): Reply {
    const asked = (parseQuery(query).get('info_hash') ?? []).map(keyBytes).filter((bytes) => bytes.length === 20)
    return bencoded(encodeScrapeResponse(this.tracker.scrape(asked.map(infoHashFromBytes), nowMs)))
  }
}

function splitOnce(target: string, separator: string): [string, string] {
  const at = target.indexOf(separator)
  return at === -1 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)]
}

function justAnswer(reply: Reply): Handled {
  return { ...reply, delayMs: 0, awayMs: null, announce: null }
}

function bencoded(body: Uint8Array): Reply {
  return { kind: 'answer', status: 200, headers: { 'Content-Type': 'text/plain' }, body, times: 1 }
}

function text(status: number, line: string): Reply {
  const body = new TextEncoder().encode(`${line}\n`)
  return { kind: 'answer', status, headers: { 'Content-Type': 'text/plain; charset=utf-8' }, body, times: 1 }
}

/** A target that no header can carry is refused in words. */
function redirect(target: string): Reply {
  if (!/^[\x20-\x7e]*$/.test(target)) return text(500, 'a redirect to what no header can carry')
  return { kind: 'answer', status: 302, headers: { Location: target }, body: new Uint8Array(0), times: 1 }
}
