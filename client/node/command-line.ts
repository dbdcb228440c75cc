/**
 * The ground that all entry points share: a command is data, its arguments are read by yargs, and what is wrong is said
 * in one line.
 *
 * Exit codes: what `run` returns (nothing is 0), the code of a CommandError, 1 for an error of the system, 2 for wrong
 * usage; a bug prints its stack and is 70 (EX_SOFTWARE).
 */
import { helpText, readArguments } from './arguments.ts'
import type { Command, Program } from './command.ts'
import { CommandError, describeSystemError, usageError } from './command-error.ts'
import { isRunByNpm, keptByNpm, typedToNpm } from './npm-run.ts'
import { endQuietlyOnClosedOutput, printLine, printProblem } from './output.ts'

/** To be called once, by an entry script: reads the process's arguments and sets its exit code. */
export async function runCommandLine(program: Program): Promise<void> {
  endQuietlyOnClosedOutput()
  // An error ends the process though something else is still open; it could not be trusted to end by itself.
  process.on('uncaughtException', (error) => process.exit(reportFailure(error)))
  try {
    refuseWhatNpmKept(program, process.argv.slice(2))
    process.exitCode = await execute(program, process.argv.slice(2))
  } catch (error) {
    process.exit(reportFailure(error))
  }
}

const EXIT_CODE_BUG = 70

/** Says on stderr why a command ended, and gives the exit code. */
export function reportFailure(error: unknown): number {
  const systemError = describeSystemError(error)
  if (error instanceof CommandError) printProblem(error.message)
  else if (systemError !== null) printProblem(systemError)
  else process.stderr.write(`swarmlab: this is a bug: ${error instanceof Error ? error.stack : String(error)}\n`)
  if (error instanceof CommandError) return error.exitCode
  return systemError === null ? EXIT_CODE_BUG : 1
}

/** Runs the command that `argv` asks for and gives its exit code; throws what `reportFailure` reports. */
export async function execute(program: Program, argv: readonly string[]): Promise<number> {
  const command = chosenCommand(program, argv)
  if (asksForHelp(argv)) {
    printLine(await helpText(program, command))
    return 0
  }
  if (command === null) throw usageError(noSuchCommand(program, argv[0]))
  const args = readArguments(program, command, isList(program.commands) ? argv.slice(1) : argv)
  return (await command.run(args as Parameters<Command['run']>[0])) ?? 0
}

function refuseWhatNpmKept(program: Program, argv: readonly string[]): void {
  if (!isRunByNpm(process.env, process.argv[1] ?? '')) return
  const chosen = chosenCommand(program, argv)
  const commands = chosen === null ? [program.commands].flat() : [chosen]
  const options = commands.flatMap((command) => Object.entries(command.options))
  const known = options.map(([name, option]) => ({ name, takesValue: option.boolean !== true }))
  const kept = keptByNpm(known, argv, process.env, typedToNpm())
  if (kept === null) return
  const names = kept.names.map((name) => `--${name}`).join(', ')
  throw usageError(`npm kept ${names} for itself; options go after \`--\`: ${kept.line}`)
}

/** Null: it is to be chosen by name, and `argv` names none that there is. */
function chosenCommand(program: Program, argv: readonly string[]): Command | null {
  const { commands } = program
  if (!isList(commands)) return commands
  return commands.find((command) => command.name === argv[0]) ?? null
}

function isList(commands: readonly Command[] | Command): commands is readonly Command[] {
  return Array.isArray(commands)
}

function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).includes('--help')
}

function noSuchCommand(program: Program, name: string | undefined): string {
  const names = [program.commands].flat().map((command) => command.name)
  const problem = name === undefined || name.startsWith('-') ? 'no command given' : `unknown command "${name}"`
  return `${problem}: npm run ${program.script} -- ${names.join('|')}`
}
