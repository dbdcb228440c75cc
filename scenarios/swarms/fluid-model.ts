/**
 * T5: the fluid model of Qiu and Srikant (2004). Leechers arrive at a rate λ, each uploads at μ copies a second while it
 * downloads and for a mean time 1/γ afterwards, and downloads at c copies a second at most. In the steady state
 *
 *   T = max{ 1/c, 1/μ − 1/γ − o/(λμ) }      x̄ = λT leechers      ȳ = λ/γ seeds
 *
 * with o the copies a second of a seed that never leaves (o = 0: T does not depend on λ). Leechers are taken to always
 * have something to give (effectiveness η = 1). Rates in bytes per second of payload, times in seconds.
 */
export interface FluidSwarm {
  readonly contentBytes: number
  readonly upBytesPerSecond: number
  readonly downBytesPerSecond: number
  readonly arrivalsPerSecond: number
  readonly meanSeedingSeconds: number
  /** Of the seed that never leaves; 0: there is none. */
  readonly originBytesPerSecond: number
}

export interface FluidSteadyState {
  readonly downloadSeconds: number
  readonly leechers: number
  readonly seeds: number
}

export function fluidSteadyState(swarm: FluidSwarm): FluidSteadyState {
  const { contentBytes, arrivalsPerSecond, meanSeedingSeconds } = swarm
  const uploadSeconds = contentBytes / swarm.upBytesPerSecond
  const originShare = swarm.originBytesPerSecond / (arrivalsPerSecond * contentBytes)
  const downloadSeconds = Math.max(
    contentBytes / swarm.downBytesPerSecond,
    uploadSeconds * (1 - originShare) - meanSeedingSeconds,
  )
  return {
    downloadSeconds,
    leechers: arrivalsPerSecond * downloadSeconds,
    seeds: arrivalsPerSecond * meanSeedingSeconds,
  }
}
