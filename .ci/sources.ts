import { globSync } from 'node:fs'

const NOT_OURS = new Set(['node_modules', '.git', 'results/runs', 'coverage'])

/** Every source file, relative to the project folder, sorted; the gates and the configuration files are sources too. */
export function sourcePaths(): readonly string[] {
  const exclude = (path: string) => NOT_OURS.has(path)
  return globSync(['**/*.{ts,mjs,cjs,js}', '.*.cjs', '.ci/*.ts'], { exclude }).sort()
}
