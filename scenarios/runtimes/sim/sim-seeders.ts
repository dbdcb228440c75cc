/** The scripted peers of a plan, in virtual time. */
import type { Link } from '../../../links/link.ts'
import { UNIT_BYTES_MAX } from '../../../links/unit.ts'
import { parseScript } from '../../../seeder/script.ts'
import { ScriptedPeer } from '../../../seeder/scripted-peer.ts'
import { PURPOSE, type Purpose } from '../../../simulator/random.ts'
import type { SeederPlan } from '../../engine/swarm-plan.ts'
import { PEER_PORT, seederHost } from '../addresses.ts'
import { ServedBlocks } from '../served-blocks.ts'
import { type SimWorld, TRACKER_URL } from './sim-world.ts'

export interface SimSeeders {
  readonly served: readonly ServedBlocks[]
  /** The tracker knows all of them. */
  readonly areKnown: boolean
}

export function startSeeders(world: SimWorld): SimSeeders {
  const { seeders, content } = world.plan
  const served = seeders.map(() => new ServedBlocks(content.totalBytes))
  let announcedCount = 0
  const announced = () => {
    announcedCount++
  }
  for (const [index, seeder] of seeders.entries()) startSeeder(world, index, seeder, served[index]!, announced)
  return {
    served,
    get areKnown() {
      return announcedCount === seeders.length
    },
  }
}

function startSeeder(
  world: SimWorld,
  index: number,
  seeder: SeederPlan,
  served: ServedBlocks,
  announced: () => void,
): void {
  const { network, content, torrent } = world
  const host = seederHost(index)
  const timeline = world.simulation.timelineOf(host)
  const random = (purpose: Purpose) => world.random(index + 1, purpose)
  const transport = network.addHost(host, seeder.link, { random })
  let link: Link = seeder.link
  let isKnown = false
  const peer = new ScriptedPeer(
    {
      torrent,
      read: (offsetBytes, lengthBytes) => {
        served.read(timeline.nowMs, offsetBytes, lengthBytes)
        return content.subarray(offsetBytes, offsetBytes + lengthBytes)
      },
      address: { host, port: PEER_PORT },
      script: parseScript(seeder.script),
      trackerUrl: TRACKER_URL,
      sendAheadBytes: UNIT_BYTES_MAX,
    },
    {
      clock: timeline.clock,
      transport,
      http: world.http.client(host),
      random: random(PURPOSE.behaviour),
      changeLink: (change) => {
        link = { ...link, ...change }
        network.setLink(host, link)
      },
    },
    {
      listening: () => {},
      failed: (fault) => world.fail(`${host} cannot listen: ${fault.code}`),
      announced: (reason) => {
        if (reason === null && !isKnown) announced()
        else if (reason !== null && !isKnown) world.fail(`${host} cannot announce: ${reason}`)
        isKnown ||= reason === null
      },
      stepBegun: () => {},
    },
  )
  peer.start(timeline.nowMs)
}
