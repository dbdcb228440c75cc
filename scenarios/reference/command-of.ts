/** The command line that makes an entry's cells without `npm run reference`. */
import { type Entry, SEED } from './plan.ts'

export function commandOf(entry: Entry): string {
  if (entry.kind === 'validation') {
    const words = [
      ...(entry.against === 'processes' ? ['--against processes'] : []),
      ...(entry.quick ? ['--quick'] : []),
      `--seeds ${entry.seeds}`,
    ]
    return `npm run validate -- ${words.join(' ')}`
  }
  const { scenario, on, set, sweep, repeats } = entry
  const words = [
    `--on ${on}`,
    ...set.map((text) => `--set ${text}`),
    ...sweep.map((text) => `--sweep ${text}`),
    `--repeat ${repeats}`,
    `--seed ${SEED}`,
  ]
  return `npm run scenario ${scenario} -- ${words.join(' ')}`
}
