/** The simulated client passes the suite that the real one passes. */
import { httpCompliance } from '../client/ports/http.compliance.ts'
import { PERFECT_LINK } from '../links/link.ts'
import { SimulatedHttp } from './http.ts'
import { Simulation } from './simulation.ts'
import { SimulatedNetwork } from './transport.ts'

const CLIENT = '127.0.0.1'
const HOSTS = { local: '127.0.0.2', global: '127.0.0.3' }
const LIMIT_MS = 3_600_000

httpCompliance('simulated', () => {
  const simulation = new Simulation()
  const network = new SimulatedNetwork(simulation, { below: () => 0 })
  for (const host of [CLIENT, ...Object.values(HOSTS)]) network.addHost(host, { ...PERFECT_LINK, rttMs: 20 })
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
})
