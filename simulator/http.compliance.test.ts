/** The simulated client passes the suite that the real one passes. */
import { type HttpWorld, httpCompliance } from '../client/ports/http.compliance.ts'
import { type Link, PERFECT_LINK } from '../links/link.ts'
import { SimulatedHttp } from './http.ts'
import { PURPOSE, seededRandom } from './random.ts'
import { Simulation } from './simulation.ts'
import { SimulatedNetwork } from './transport.ts'

const CLIENT = '127.0.0.1'
const HOSTS = { local: '127.0.0.2', global: '127.0.0.3' }
const LIMIT_MS = 3_600_000

const FAR: Link = { ...PERFECT_LINK, rttMs: 20 }
const LINKS: readonly (readonly [string, Link])[] = [
  ['simulated', FAR],
  // 2,500 bytes take 20 ms.
  [
    'simulated, 1 Mbit/s with jitter and loss',
    { ...FAR, upBytesPerSecond: 125_000, downBytesPerSecond: 125_000, jitterMs: 3, lossRate: 0.02 },
  ],
]

for (const [name, link] of LINKS) httpCompliance(name, () => world(link))

function world(link: Link): HttpWorld {
  const simulation = new Simulation()
  const network = new SimulatedNetwork(simulation, seededRandom(1, -1, PURPOSE.links))
  for (const host of [CLIENT, ...Object.values(HOSTS)]) network.addHost(host, link)
  const services = new SimulatedHttp(simulation, network, { isLocal: (host) => host === HOSTS.local })
  let port = 8000
  return {
    clock: simulation.clock,
    client: services.client(CLIENT),
    nobody: `http://${HOSTS.local}:1`,
    serve(at, handle) {
      port++
      services.serve(HOSTS[at], port, {
        handle(target, _, __, range) {
          const { retryAfterSeconds, how, ...answer } = handle({ target, range })
          if (how === 'stalls') return { kind: 'hang' }
          if (how === 'breaks') return { kind: 'reset', delayMs: 1 }
          const retry = retryAfterSeconds === undefined ? {} : { retryAfterMs: retryAfterSeconds * 1000 }
          return { kind: 'answer', delayMs: 1, isEndless: how === 'endless', ...answer, ...retry }
        },
      })
      return Promise.resolve(`http://${HOSTS[at]}:${port}`)
    },
    run(until) {
      const ended = simulation.run(until, LIMIT_MS)
      return ended === 'done' ? Promise.resolve() : Promise.reject(new Error(`it never came: ${ended}`))
    },
    close: () => {},
  }
}
