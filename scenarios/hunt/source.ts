/** The honest source, as a peer or a client of the schedule; and who can do without it. */
import { type ClientSchedule, type PeerSchedule, type Schedule, SOURCE } from './schedule.ts'

/** Others get from it whatever it has. */
export function sharesAll({ isReachable, choices }: ClientSchedule): boolean {
  return isReachable && choices.files === null && choices.seeds && choices.peersMax >= 50
}

export function sourcePeer({ link }: Schedule['source']): PeerSchedule {
  const script = [{ when: { afterStartMs: 0 }, do: { behaviour: 'speak' } }]
  return { name: SOURCE, link, script, announces: true, afterwards: 'honest' }
}

export function sourceClient({ link, uploadSlots }: Schedule['source']): ClientSchedule {
  return {
    name: SOURCE,
    link,
    arrivesMs: 0,
    hasAll: true,
    fromMagnet: false,
    isReachable: true,
    knows: [],
    writeMs: 0,
    restartMs: 1_000,
    choices: {
      pipelineDepth: 'auto',
      picker: 'rarest-first',
      peersMax: 50,
      useTrackers: true,
      usePex: true,
      uploadSlots,
      fastResume: false,
      seeds: true,
      seedOnly: true,
      files: null,
      downLimitBytesPerSecond: null,
      upLimitBytesPerSecond: null,
    },
  }
}
