/** `npm run fuzz`: see fuzz-command. */
import { getHeapStatistics } from 'node:v8'
import { runCommandLine } from '../node/command-line.ts'
import { fuzzCommandOf } from './fuzz-command.ts'
import { FUZZ_TARGETS } from './targets.ts'

const world = {
  nowMs: () => performance.now(),
  usedBytes() {
    const { used_heap_size, external_memory } = getHeapStatistics()
    return used_heap_size + external_memory
  },
}

await runCommandLine({ script: 'fuzz', commands: fuzzCommandOf(FUZZ_TARGETS, world) })
