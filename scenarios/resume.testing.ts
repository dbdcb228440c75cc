/**
 * A download in virtual time whose process can die and be started again over what is then on the disk; time goes on in
 * between. 49 pieces of 64 KiB in files of odd lengths; two peers send a block each 40 ms, so that it takes 4 s; a write
 * takes 80 ms, a state 5 ms.
 */
import { msToNs } from '../links/link.ts'
import { type SimulatedDisk, simulatedStorage } from '../simulator/storage.ts'
import { BLOCK_RATE, Swarm, type SwarmSpec } from './swarm-stage.testing.ts'

const FILES = [150_000, 0, 70_000, 700_000, 20_000, -25_536, 450_000, 5_000, 600_000, 65_536, 1_085_000] as const
const PEER = { link: { upBytesPerSecond: BLOCK_RATE / 4 } }

export interface SessionSpec {
  /** Null: a new one. */
  readonly disk: SimulatedDisk | null
  readonly startMs?: number
  readonly fastResume?: boolean
  readonly seed?: number
  readonly peers?: SwarmSpec['peers']
}

export function startSession({ disk, startMs = 0, fastResume = false, seed = 1, peers = [PEER, PEER] }: SessionSpec) {
  const swarm: Swarm = new Swarm({
    peers,
    files: FILES,
    seed,
    settings: { fastResume },
    ...(disk === null ? {} : { disk: () => disk }),
    storage: () => simulatedStorage(swarm.simulation, swarm.disk, { writeMs: 80, stateMs: 5 }),
  })
  swarm.simulation.run(() => false, startMs)
  swarm.simulation.advanceTo(msToNs(startMs))
  return swarm.start()
}
