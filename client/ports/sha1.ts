/** SHA-1 of a few bytes, computed during the call: for infohashes (BEP 9) and allowed-fast sets (BEP 6), never for pieces. */
export type Sha1 = (bytes: Uint8Array) => Uint8Array
