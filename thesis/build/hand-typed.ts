import type { Source } from './sources.ts'

export function handTypedNumbers(_sources: readonly Source[]): string[] {
  return []
}
