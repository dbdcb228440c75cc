/** Reading a command's arguments with yargs, and saying in one line what is wrong with them. */
import yargs, { type Argv, type Options, type PositionalOptions } from 'yargs'
import type { Command, CommandOption, Program } from './command.ts'
import { usageError } from './command-error.ts'

type Values = Readonly<Record<string, unknown>>

const HELP_COLUMNS_MAX = 100

/** Of one command, or of the program that has several. */
export function helpText(program: Program, command: Command | null): Promise<string> {
  const commands = command === null ? [program.commands].flat() : [command]
  const chosen = command === null || command === program.commands ? [] : [command.name]
  const parser = parserOf(program, chosen)
  for (const each of commands) addCommand(parser, program, each)
  return parser.getHelp()
}

/** By name, and in camel case; throws a usage error. `argv` begins after the command's name. */
export function readArguments(program: Program, command: Command, argv: readonly string[]): Values {
  refuseUnknownOptions(command, argv)
  const parser = parserOf(program, argv).fail((message, error) => {
    throw error ?? usageError(message)
  })
  for (const [name, option] of Object.entries(command.options)) {
    parser.option(name, { ...forYargs(option), demandOption: false })
  }
  const parsed: Values = parser.parseSync()
  const words = [parsed._, parsed['--'] ?? []].flat() as string[]
  return { ...positionalValues(command, words), ...optionValues(command, parsed) }
}

function parserOf(program: Program, argv: readonly string[]): Argv {
  return yargs(argv)
    .scriptName(`npm run ${program.script} --`)
    .detectLocale(false)
    .exitProcess(false)
    .version(false)
    .help('help', 'Show this')
    .wrap(Math.min(process.stdout.columns ?? HELP_COLUMNS_MAX, HELP_COLUMNS_MAX))
    .parserConfiguration({
      'dot-notation': false,
      'greedy-arrays': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
    })
}

function addCommand(parser: Argv, program: Program, command: Command): void {
  const name = command === program.commands ? '$0' : command.name
  const usage = [name, ...Object.entries(command.positionals).map(positionalUsage)].join(' ')
  parser.command(usage, command.summary, (builder) => {
    for (const [key, option] of Object.entries(command.positionals)) builder.positional(key, forYargs(option))
    for (const [key, option] of Object.entries(command.options)) builder.option(key, forYargs(option))
    return builder
  })
}

function positionalUsage([name, { array, demandOption }]: [string, CommandOption]): string {
  const many = array === true ? '..' : ''
  return demandOption === true ? `<${name}${many}>` : `[${name}${many}]`
}

/** Values are coerced by `coerced`, which can name the option. */
function forYargs({ coerce: _, ...option }: CommandOption): Options & PositionalOptions {
  return option.boolean === true ? option : { ...option, string: true }
}

/** Before yargs, which would say that something is missing when an unknown option took it as its value. */
function refuseUnknownOptions(command: Command, argv: readonly string[]): void {
  for (const argument of argv) {
    if (argument === '--') return
    const [, dashes, name] = /^(--?)(?:no-)?([^-\d][^=]*)/.exec(argument) ?? []
    if (name === undefined) continue
    if (dashes === '-' || !Object.hasOwn(command.options, name)) {
      throw usageError(`unknown option ${argument.replace(/=.*/s, '')}`)
    }
  }
}

/** What is missing is said here and not by yargs, which counts words and does not see those after `--`. */
function positionalValues(command: Command, words: readonly string[]): Values {
  const left = [...words]
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(command.positionals)) {
    const given = left.splice(0, option.array === true ? left.length : 1)
    const value = option.array === true && given.length > 0 ? given : given[0]
    values[name] = coerced(`<${name}>`, option, value ?? option.default)
  }
  if (left[0] !== undefined) throw usageError(`unexpected argument "${left[0]}"`)
  return values
}

function optionValues(command: Command, parsed: Values): Values {
  const values: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(command.options)) {
    const value = coerced(`--${name}`, option, parsed[name])
    values[name] = value
    values[camelCase(name)] = value
  }
  return values
}

function coerced(shownName: string, option: CommandOption, value: unknown): unknown {
  if (option.boolean === true) return [value].flat().at(-1) ?? false
  if (value === undefined && option.demandOption === true) throw usageError(`${shownName} is missing`)
  if (value === undefined || value === option.default) return value
  if (Array.isArray(value) && option.array !== true) throw usageError(`${shownName} is given more than once`)
  const texts: unknown[] = [value].flat()
  const valued = texts.length > 0 && texts.every((text) => typeof text === 'string' && text !== '')
  if (!valued) throw usageError(`${shownName} wants a value`)
  try {
    return option.coerce === undefined ? value : option.coerce(value)
  } catch (error) {
    throw usageError(`${shownName} ${error instanceof Error ? error.message : String(error)}`)
  }
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())
}
