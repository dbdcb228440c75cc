/** A connector whose peers the test plays. Its events are lines: `TIME: who what`, where who is the number of a peer. */
import { OUR_ID } from '../peer/wire-words.testing.ts'
import type { ClientEvent } from '../ports/events.ts'
import type { Transport } from '../ports/transport.ts'
import type { PeerId } from '../wire/peer-id.ts'
import { Connector } from './connector.ts'
import { addressOf, FakeTransport, type Hello, makeMachine, peerIdOf, RemoteEnd } from './remote-end.testing.ts'

/** A connector whose owner drains it, as the swarm does. */
export class ConnectorStage {
  readonly connector: Connector
  /** Unused where the test brings another. */
  readonly transport = new FakeTransport()
  readonly log: string[] = []
  peersMax = 3
  mayConnect = true
  nowMs = 0

  constructor(transport: Transport | null = null, peerId: PeerId = OUR_ID) {
    const stage = this
    this.connector = new Connector(transport ?? this.transport, null, {
      peerId,
      get peersMax() {
        return stage.peersMax
      },
      get mayConnect() {
        return stage.mayConnect
      },
      makeMachine: (nowMs, _, start) => makeMachine(nowMs, start, undefined, { peerId }),
      touched: () => {},
      emit: (nowMs, event) => this.log.push(`${nowMs}: ${lineOf(event)}`),
    })
  }

  settle(): void {
    const { sessions } = this.connector
    this.connector.dial(this.nowMs)
    for (let session = sessions.takeTouched(); session !== null; session = sessions.takeTouched()) {
      for (let event = session.nextEvent(); event !== null; event = session.nextEvent()) {
        if (event.type === 'handshaken') this.connector.handshaken(session)
        if (event.type === 'closed') this.connector.closed(this.nowMs, session, event.reason, event.voided.length)
      }
      session.flush()
    }
  }

  until(nowMs: number): void {
    this.nowMs = nowMs
    this.settle()
  }

  /** They dial us from a port of no meaning. */
  accept(number: number, port = 50_000): RemoteEnd {
    const remote = new RemoteEnd({ host: addressOf(number).host, port })
    remote.handler = this.connector.accept(this.nowMs, remote)
    return remote
  }

  /** We dial them, and they answer. */
  dialled(number: number, hello: Hello = {}): RemoteEnd {
    this.connector.known.add(addressOf(number), false)
    this.settle()
    const remote = this.transport.dialled.findLast((end) => end.remote.host === addressOf(number).host)!
    remote.opens(this.nowMs)
    remote.greets(this.nowMs, { peerId: peerIdOf(number), ...hello })
    this.settle()
    return remote
  }

  accepted(number: number, hello: Hello = {}, port?: number): RemoteEnd {
    const remote = this.accept(number, port)
    remote.greets(this.nowMs, { peerId: peerIdOf(number), ...hello })
    this.settle()
    return remote
  }

  told(): string[] {
    return this.log.splice(0)
  }

  /** Who is connected, by number and port, and who dialled. */
  get connected(): string[] {
    return [...this.connector.sessions.all()].map(
      ({ peer, incoming }) => `${numberOf(peer.name)}${incoming ? ' in' : ''}`,
    )
  }
}

const numberOf = (peer: string) => `${peer.split('.')[2]}:${peer.split(':')[1]}`.replace(':6881', '')

function lineOf(event: ClientEvent): string {
  if (event.type === 'peer-closed') {
    const { requestsLost, downloadedBytes } = event
    const debts = requestsLost + downloadedBytes > 0 ? `, owed ${requestsLost}, gave ${downloadedBytes} bytes` : ''
    return `${numberOf(event.peer)} closed, ${event.reason}, ${event.retryInMs}${debts}`
  }
  const detail = event.type === 'peer-connected' && event.incoming ? ' in' : ''
  return 'peer' in event ? `${numberOf(event.peer)} ${event.type.slice(5)}${detail}` : event.type
}
