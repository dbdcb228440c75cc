/**
 * Bugs, planted for as long as a test wants them: in the place of a port, or of a method of the client. Nothing of it is in
 * the client itself. Each says which invariants may find it.
 */
import { DownloadSide } from '../../client/peer/download-side.ts'
import { RateMeter } from '../../client/peer/rate-meter.ts'
import { Requestable } from '../../client/peer/requestable.ts'
import { Blame } from '../../client/pieces/blame.ts'
import { PieceManager } from '../../client/pieces/piece-manager.ts'
import { Choker } from '../../client/swarm/choker.ts'
import type { DownloadPorts } from '../../client/swarm/settings.ts'
import type { Alter } from './world.ts'

export interface PlantedBug {
  readonly name: string
  readonly foundBy: readonly string[]
  readonly alter?: Alter
  /** Gives what takes it out again. */
  readonly plant?: () => () => void
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a picker that never asks again for a block that was lost',
    foundBy: ['downloads-finish'],
    plant: () =>
      replaced(
        PieceManager.prototype,
        'pick',
        (pick) =>
          function (...given) {
            const picked = pick.apply(this, given)
            return picked === null || picked.why === 'first' ? picked : null
          },
      ),
  },
  {
    name: 'a choker that starves whoever came first',
    foundBy: ['nobody-starved', 'downloads-finish'],
    plant: () =>
      replaced(
        Choker.prototype,
        'decide',
        (decide) =>
          function (nowMs, peers, mode) {
            const all = [...peers]
            const starved = Math.min(...all.map(({ key }) => key))
            return decide.call(
              this,
              nowMs,
              all.filter(({ key }) => key !== starved),
              mode,
            )
          },
      ),
  },
  {
    name: 'a verifier that accepts anything',
    foundBy: ['only-good-bytes-claimed'],
    alter: (ports) => ({
      ...ports,
      hasher: { verify: (check, done) => ports.hasher.verify(check, (nowMs) => done(nowMs, true)) },
    }),
  },
  {
    name: 'a storage that says of every fifth write that it is stored, and loses it',
    foundBy: ['only-good-bytes-claimed'],
    alter: (ports) => losing(ports, 5),
  },
  {
    name: 'a client that asks while it is choked',
    foundBy: ['no-request-while-choked'],
    plant: () =>
      replaced(
        Requestable.prototype,
        'current',
        (current) =>
          function () {
            return current.call(this, false)
          },
      ),
  },
  {
    name: 'a meter that counts bytes twice',
    foundBy: ['bytes-counted-once'],
    plant: () =>
      replaced(
        RateMeter.prototype,
        'add',
        (add) =>
          function (nowMs, bytes) {
            add.call(this, nowMs, 2 * bytes)
          },
      ),
  },
  {
    name: 'a blame that convicts everybody who sent a block of a bad piece',
    foundBy: ['bans-only-guilty'],
    plant: () =>
      replaced(
        Blame.prototype,
        'failed',
        (failed) =>
          function (piece, parts, senders) {
            failed.call(this, piece, parts, senders)
            return [...new Set(senders)]
          },
      ),
  },
  {
    name: 'a pipeline that is asked for one block more than its depth',
    foundBy: ['pipeline-bounded', 'one-story'],
    plant: () => {
      const { get } = Object.getOwnPropertyDescriptor(DownloadSide.prototype, 'requestsFree')!
      Object.defineProperty(DownloadSide.prototype, 'requestsFree', {
        configurable: true,
        get(this: DownloadSide) {
          return this.theyChoke ? get!.call(this) : get!.call(this) + (this.outstandingCount % 2)
        },
      })
      return () => Object.defineProperty(DownloadSide.prototype, 'requestsFree', { configurable: true, get: get! })
    },
  },
]

function losing(ports: DownloadPorts, every: number): DownloadPorts {
  let writes = 0
  return {
    ...ports,
    openStorage: (torrent) => {
      const storage = ports.openStorage(torrent)
      return {
        ...storage,
        write: (extents, parts, done) => {
          if (++writes % every === 0) storage.stat((nowMs) => done(nowMs, null))
          else storage.write(extents, parts, done)
        },
      }
    },
  }
}

type Method<Owner, Name extends keyof Owner> = Owner[Name] extends (...given: infer Given) => infer Result
  ? (this: Owner, ...given: Given) => Result
  : never

function replaced<Owner extends object, Name extends keyof Owner>(
  owner: Owner,
  name: Name,
  make: (original: Method<Owner, Name>) => Method<Owner, Name>,
): () => void {
  const original = owner[name]
  owner[name] = make(original as Method<Owner, Name>) as Owner[Name]
  return () => {
    owner[name] = original
  }
}
