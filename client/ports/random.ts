/** Randomness, as the core sees it: seeded in the simulator, entropy in `client/node`. One stream per purpose. */
export interface Random {
  /** An integer in [0, bound); bound is an integer from 1 to 2^32. */
  below(bound: number): number
}
