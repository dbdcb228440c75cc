/**
 * T3 (Kumar and Ross 2006) in terms of a scenario's parameters: no sooner can everybody have everything. The seed sends
 * each byte once, the slowest downlink takes all of it, and what N leechers want fits through all uplinks together.
 * Links do not vary here, and everybody comes at once: `engine/minimum-distribution.ts` has the bound of any plan.
 */
import { MIB } from '../engine/common-parameters.ts'
import { payloadOfMbit } from './swarm-parameters.ts'

export interface Distribution {
  readonly contentMib: number
  readonly seedUpMbit: number
  readonly leechers: readonly LeecherClass[]
  /** The least of all; null: no limit. */
  readonly downMbit: number | null
}

export interface LeecherClass {
  readonly count: number
  /** Of each of them; 0 where they give nothing. */
  readonly upMbit: number
}

export function distributionSeconds({ contentMib, seedUpMbit, leechers, downMbit }: Distribution): number {
  const bytes = contentMib * MIB
  const seedRate = payloadOfMbit(seedUpMbit)
  const allRate = leechers.reduce((sum, { count, upMbit }) => sum + count * payloadOfMbit(upMbit), seedRate)
  const count = leechers.reduce((sum, each) => sum + each.count, 0)
  const downSeconds = downMbit === null ? 0 : bytes / payloadOfMbit(downMbit)
  return Math.max(bytes / seedRate, downSeconds, (count * bytes) / allRate)
}
