/** Installed npm packages, with everything that they depend on: what of node_modules goes into an image. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** Folders of the packages, relative to `projectFolder`, sorted. What is optional and not installed is left out. */
export function packageFolders(projectFolder: string, names: readonly string[]): readonly string[] {
  const found = new Set<string>()
  const visit = (name: string, from: string, isOptional: boolean) => {
    const folder = installed(name, from, projectFolder)
    if (folder === null) {
      if (isOptional) return
      throw new Error(`the package ${name} is not installed: run \`npm ci\``)
    }
    if (found.has(folder)) return
    found.add(folder)
    const { dependencies = {}, optionalDependencies = {} } = manifestOf(folder)
    for (const each of Object.keys(dependencies)) visit(each, folder, each in optionalDependencies)
    for (const each of Object.keys(optionalDependencies)) visit(each, folder, true)
  }
  for (const name of names) visit(name, projectFolder, false)
  return [...found].map((folder) => relative(projectFolder, folder)).sort()
}

interface PackageManifest {
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

function manifestOf(folder: string): PackageManifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageManifest
}

/** As Node finds it: in the package's own folder of packages, or in one above. */
function installed(name: string, from: string, projectFolder: string): string | null {
  for (let at = from; ; at = dirname(at)) {
    const folder = join(at, 'node_modules', name)
    if (existsSync(join(folder, 'package.json'))) return folder
    if (at === projectFolder || at === dirname(at)) return null
  }
}
