/** A command as data: what it is called, what it takes, what it does. `command-line.ts` runs it. */
import type { ArgumentsCamelCase } from 'yargs'

export interface Program {
  /** The npm script that starts it. */
  readonly script: string
  /** Either commands that are chosen by name, or one that needs no name. */
  readonly commands: readonly Command[] | Command
}

/** A command whose argument types are forgotten, so that commands can be listed. */
export type Command = CommandSpec<OptionsByName, OptionsByName>

export interface CommandSpec<P extends OptionsByName, O extends OptionsByName> {
  readonly name: string
  readonly summary: string
  /** In order; one with `array` takes the rest. */
  readonly positionals: P
  readonly options: O
  /** Gives the exit code, nothing for 0. What costs time to load is imported in here. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a command that only prints returns nothing
  run(args: ArgumentsOf<P & O>): number | void | Promise<number | void>
}

type OptionsByName = Readonly<Record<string, CommandOption>>

/** As yargs has it. Without `boolean` it takes text; `array` may be given again and again. */
export interface CommandOption {
  readonly describe: string
  /** False when not given, if `default` does not say otherwise; with `default: true`, `--no-NAME` turns it off. */
  readonly boolean?: true
  readonly array?: true
  /** From the text (the texts, of an array); throws an Error that says what was wanted: `wants a number, not "x"`. */
  // biome-ignore lint/suspicious/noExplicitAny: takes a text or, of an array, texts
  readonly coerce?: (text: any) => unknown
  /** Taken as it is, not coerced. */
  readonly default?: unknown
  readonly defaultDescription?: string
  readonly demandOption?: true
}

/** By name, and in camel case; what was not given and has no default is undefined. */
type ArgumentsOf<O extends OptionsByName> = ArgumentsCamelCase<{ readonly [Name in keyof O]: ArgumentOf<O[Name]> }>

type ArgumentOf<O extends CommandOption> =
  | ValueOf<O>
  | (O extends { demandOption: true } | { default: NonNullable<unknown> } | { boolean: true } ? never : undefined)

type ValueOf<O extends CommandOption> = O extends { boolean: true }
  ? boolean
  : // biome-ignore lint/suspicious/noExplicitAny: as in CommandOption
    O extends { coerce: (text: any) => infer Value }
    ? Value
    : O extends { array: true }
      ? string[]
      : string

/** Lets the compiler infer what `run` gets. */
export function defineCommand<const P extends OptionsByName, const O extends OptionsByName>(
  spec: CommandSpec<P, O>,
): Command {
  return spec as unknown as Command
}
