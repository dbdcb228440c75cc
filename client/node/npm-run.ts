/**
 * What `npm run` does to a command line. It changes the folder, and of the options before `--` it keeps those for
 * itself that are not its own: `npm run scenario x --seed 3` passes `x 3` and sets `npm_config_seed`. npm 11 warns of
 * it, drops some altogether (`--on sim` becomes a bad value of its `--only`) and runs the script.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { resolve } from 'node:path'

type Environment = Readonly<Record<string, string | undefined>>

export interface KnownOption {
  readonly name: string
  readonly takesValue: boolean
}

/**
 * Whether npm runs this very entry script, and not a process that did inherits npm's environment from. `entry` is its
 * path.
 */
export function isRunByNpm(environment: Environment, entry: string): boolean {
  const words = environment.npm_lifecycle_script?.split(/\s+/) ?? []
  const path = entry.replaceAll('\\', '/')
  const byNpm = environment.npm_config_user_agent?.startsWith('npm/') === true
  return byNpm && words.some((word) => word.endsWith('.ts') && path.endsWith(`/${word}`))
}

/** A path that the user gave, resolved in the folder where the user is. */
export function userPath(path: string, environment: Environment = process.env, entry = process.argv[1] ?? ''): string {
  const folder = isRunByNpm(environment, entry) ? environment.INIT_CWD : undefined
  return resolve(folder ?? '', path)
}

export interface KeptByNpm {
  readonly names: readonly string[]
  /** The line that passes them on. */
  readonly line: string
}

/**
 * Which of `options` npm kept, null for none. `passed` is what reached us, `typed` what npm itself was given, where
 * that is known: then it decides, since a user may have set `json=true` for npm on purpose.
 */
export function keptByNpm(
  options: readonly KnownOption[],
  passed: readonly string[],
  environment: Environment,
  typed: readonly string[] | null,
): KeptByNpm | null {
  const mayPass = options.filter(({ name }) => !MEANT_FOR_NPM.includes(name))
  const script = environment.npm_lifecycle_event ?? ''
  const line = (rest: readonly string[]) => ['npm', 'run', script, '--', ...rest.map(quoted)].join(' ')
  if (typed !== null) {
    const names = keptOfTyped(mayPass, typed)
    return names.length === 0 ? null : { names, line: line(afterScript(typed, script)) }
  }
  const kept = keptByEnvironment(mayPass, passed, environment)
  return kept.length === 0 ? null : { names: kept.map(({ name }) => name), line: line(joined(passed, kept)) }
}

/** npm has these too, and may be meant. */
const MEANT_FOR_NPM = ['quiet', 'help']

interface Kept {
  readonly name: string
  readonly text: string
  /** npm takes a value only from `--name=value`; else it is among the arguments that were passed. */
  readonly valueElsewhere: boolean
}

function keptByEnvironment(
  options: readonly KnownOption[],
  passed: readonly string[],
  environment: Environment,
): Kept[] {
  return options.flatMap(({ name, takesValue }) => {
    const value = environment[`npm_config_${name.replaceAll('-', '_')}`]
    if (value === undefined || passed.some((argument) => nameOf(argument) === name)) return []
    if (value === '') return [{ name, text: `--no-${name}`, valueElsewhere: false }]
    const isTrue = /^true(\n\ntrue)*$/.test(value)
    const text = isTrue ? `--${name}` : `--${name}=${value}`
    return [{ name, text, valueElsewhere: isTrue && takesValue }]
  })
}

/** A value that is elsewhere can be told when it is one: then it came last. */
function joined(passed: readonly string[], kept: readonly Kept[]): string[] {
  const [only, ...others] = kept.filter(({ valueElsewhere }) => valueElsewhere)
  const simple = kept.filter(({ valueElsewhere }) => !valueElsewhere).map(({ text }) => text)
  if (only === undefined) return [...passed, ...simple]
  const value = passed.at(-1)
  if (others.length === 0 && value !== undefined) return [...passed.slice(0, -1), ...simple, only.text, value]
  return [...passed, ...simple, ...[only, ...others].map(({ text }) => `${text}=...`)]
}

function keptOfTyped(options: readonly KnownOption[], typed: readonly string[]): string[] {
  const end = typed.indexOf('--')
  const before = new Set((end < 0 ? typed : typed.slice(0, end)).map(nameOf))
  return options.map(({ name }) => name).filter((name) => before.has(name))
}

function afterScript(typed: readonly string[], script: string): string[] {
  const from = typed.indexOf(script) + 1
  return typed.slice(from).filter((argument) => argument !== '--')
}

/** `seed` of `--seed`, `--seed=3` and `--no-seed`; null for what is no option. */
function nameOf(argument: string): string | null {
  return /^--(?:no-)?([^=]+)/.exec(argument)?.[1] ?? null
}

function quoted(argument: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`
}

/**
 * What the npm above this process was given, from the log that it keeps open; null where that cannot be known (npm
 * shows its options nowhere else, and other systems than Linux do not show open files).
 */
export function typedToNpm(): string[] | null {
  try {
    const npm = npmAbove(process.ppid)
    if (npm === null) return null
    const log = openFiles(npm).find((path) => /-debug-\d+\.log$/.test(path))
    const line = /verbose argv (".*")$/m.exec(log === undefined ? '' : readFileSync(log, 'utf8'))?.[1]
    return line === undefined ? null : parseQuoted(line)
  } catch {
    return null
  }
}

/** Between npm and its script there is a shell, or two. */
const ANCESTORS_MAX = 4

function npmAbove(parent: number): number | null {
  let pid = parent
  for (let steps = 0; steps < ANCESTORS_MAX && pid > 1; steps++) {
    if (/^npm /.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))) return pid
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    pid = Number(/^PPid:\s*(\d+)$/m.exec(status)?.[1] ?? 0)
  }
  return null
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).flatMap((name) => {
    try {
      return [readlinkSync(`${folder}/${name}`)]
    } catch {
      return [] // closed meanwhile
    }
  })
}

function parseQuoted(line: string): string[] {
  return [...line.matchAll(/"(?:[^"\\]|\\.)*"/g)].map(([text]) => JSON.parse(text))
}
