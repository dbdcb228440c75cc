/**
 * Checks a piece against its SHA-1. An effect, so that it may run off the event loop (`client/node`), and so that the
 * simulator can compare identities instead of hashing.
 */
export interface Hasher {
  /** `parts`, joined, are the piece; they must not change until `done`, which never comes during the call. */
  verify(check: HashCheck, done: (nowMs: number, matches: boolean) => void): void
}

export interface HashCheck {
  readonly piece: number
  readonly parts: readonly Uint8Array[]
  /** 20 bytes, BEP 3. */
  readonly expectedSha1: Uint8Array
}
