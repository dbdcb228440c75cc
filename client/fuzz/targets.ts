/** All that can be fuzzed, by name. */
import type { FuzzTarget } from './target.ts'
import { bencodeTarget } from './targets/bencode.ts'
import { extensionTarget } from './targets/extension.ts'
import { metainfoTarget } from './targets/metainfo.ts'
import { trackerTarget } from './targets/tracker.ts'
import { wireTarget } from './targets/wire.ts'

export const FUZZ_TARGETS: readonly FuzzTarget[] = [
  bencodeTarget(),
  wireTarget(),
  metainfoTarget,
  trackerTarget,
  extensionTarget,
]
