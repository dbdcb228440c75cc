/** The simulated ports pass the suites that the real ones pass. */

import { Geometry } from '../client/metainfo/geometry.ts'
import type { TorrentFile } from '../client/metainfo/torrent-file.ts'
import { clockCompliance } from '../client/ports/clock.compliance.ts'
import { hasherCompliance } from '../client/ports/hasher.compliance.ts'
import { verifierCompliance } from '../client/ports/piece-verifier.compliance.ts'
import { storageCompliance } from '../client/ports/storage.compliance.ts'
import { transportCompliance } from '../client/ports/transport.compliance.ts'
import { PieceStore } from '../client/storage/piece-store.ts'
import { storeVerifier } from '../client/swarm/disk-check-verifier.ts'
import { type Link, PERFECT_LINK } from '../links/link.ts'
import { simulatedHasher } from './hasher.ts'
import { PURPOSE, seededRandom } from './random.ts'
import { Simulation } from './simulation.ts'
import { SimulatedDisk, simulatedStorage } from './storage.ts'
import { SimulatedNetwork } from './transport.ts'

const LIMIT_MS = 3_600_000

function runner(simulation: Simulation): (until: () => boolean) => Promise<void> {
  return (until) => {
    const ended = simulation.run(until, LIMIT_MS)
    return ended === 'done' ? Promise.resolve() : Promise.reject(new Error(`it never came: ${ended}`))
  }
}

clockCompliance('simulated', () => {
  const simulation = new Simulation()
  return { clock: simulation.clock, run: runner(simulation), close: () => {} }
})

const LINKS: readonly (readonly [string, Link])[] = [
  ['simulated, 1 Gbit/s, 1 ms', { ...PERFECT_LINK, upBytesPerSecond: 125e6, downBytesPerSecond: 125e6, rttMs: 0.5 }],
  [
    'simulated, 1 Gbit/s with jitter and loss',
    { upBytesPerSecond: 125e6, downBytesPerSecond: 125e6, rttMs: 0.5, jitterMs: 0.5, lossRate: 0.01 },
  ],
  [
    'simulated, 1 Gbit/s with slow start and a rate that changes all the time',
    {
      ...PERFECT_LINK,
      upBytesPerSecond: 125e6,
      downBytesPerSecond: 125e6,
      rttMs: 0.5,
      slowStart: true,
      schedule: Array.from({ length: 2_000 }, (_, change) => ({
        atMs: change / 4,
        upBytesPerSecond: 125e6 / ((change % 4) + 1),
        downBytesPerSecond: change % 7 === 0 ? 0 : 125e6,
      })),
    },
  ],
]

for (const [name, link] of LINKS) {
  transportCompliance(name, () => {
    const simulation = new Simulation()
    const network = new SimulatedNetwork(simulation, seededRandom(1, -1, PURPOSE.links))
    const transports = new Map(['127.0.0.1', '127.0.0.2'].map((host) => [host, network.addHost(host, link)]))
    return {
      clock: simulation.clock,
      hosts: ['127.0.0.1', '127.0.0.2'],
      nowhere: { host: '127.0.0.3', port: 9 },
      transport: (host) => transports.get(host)!,
      run: runner(simulation),
      close: () => {},
    }
  })
}

for (const writeMs of [0, 5]) {
  storageCompliance(`simulated, ${writeMs} ms a write`, () => {
    const simulation = new Simulation()
    let disk: SimulatedDisk | null = null
    return {
      storage: (files, { readOnly }) => {
        disk ??= new SimulatedDisk(files.map(({ lengthBytes, pad }) => (pad ? 0 : lengthBytes)))
        return simulatedStorage(simulation, disk, { readOnly, writeMs })
      },
      harm: (harm) => disk!.inject(simulation.nowMs, harm),
      run: runner(simulation),
      close: () => {},
    }
  })
}

hasherCompliance('simulated', () => {
  const simulation = new Simulation()
  const pieceBytes = 65_536
  const content = Uint8Array.from({ length: 48 * pieceBytes }, (_, at) => at % 251)
  return {
    hasher: simulatedHasher(simulation, content, pieceBytes),
    check: (piece, { corrupt, parts }) => {
      const whole = content.slice(piece * pieceBytes, (piece + 1) * pieceBytes)
      if (corrupt) whole[pieceBytes - 1]! ^= 1
      const partBytes = Math.ceil(pieceBytes / parts)
      const cut = Array.from({ length: parts }, (_, part) => whole.subarray(part * partBytes, (part + 1) * partBytes))
      return { piece, parts: cut, expectedSha1: new Uint8Array(20) }
    },
    run: runner(simulation),
    close: () => {},
  }
})

verifierCompliance('simulated', ({ files, content, pieceLengthBytes, pieceHashes, stored }) => {
  const simulation = new Simulation()
  const torrent = {
    files,
    geometry: new Geometry(content.length, pieceLengthBytes),
    pieceHashes,
  } as unknown as TorrentFile
  const disk = new SimulatedDisk(files.map(({ lengthBytes, pad }) => (pad ? 0 : lengthBytes)))
  for (const [fileIndex, bytes] of stored.entries()) {
    if (bytes === null) continue
    disk.inject(0, { kind: 'resized', fileIndex, lengthBytes: bytes.length })
    disk.write(fileIndex, 0, bytes)
  }
  const store = new PieceStore(simulatedStorage(simulation, disk), torrent)
  const hasher = simulatedHasher(simulation, content, pieceLengthBytes)
  return {
    verifier: storeVerifier(torrent, { store, hasher }),
    run: runner(simulation),
    close: () => {},
  }
})
