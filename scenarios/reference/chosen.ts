import { usageError } from '../../client/node/command-error.ts'
import { ENTRIES, type Entry, GROUPS } from './plan.ts'

/** `sim,compare-clients`: by group or by name, in the order of the plan; null: all. */
export function chosenEntries(only: string | null): readonly Entry[] {
  if (only === null) return ENTRIES
  const wanted = only.split(',').map((word) => word.trim())
  const known = [...GROUPS, ...ENTRIES.map(({ name }) => name)]
  const unknown = wanted.find((word) => !known.includes(word))
  if (unknown !== undefined) throw usageError(`--only: there is no "${unknown}"; there are ${known.join(', ')}`)
  return ENTRIES.filter(({ name, group }) => wanted.includes(name) || wanted.includes(group))
}
