/** What the user set and swept, against what the scenario has: fixed values and axes, or one line that says what is wrong. */
import type { RuntimeName } from '../runtimes/runtime.ts'
import type { Axis, NumberSpec, ParameterSpec, Scenario, Value } from './scenario.ts'

export interface ParameterChoice {
  readonly fixed: Readonly<Record<string, Value>>
  readonly sweep: readonly Axis[]
}

/** Wrong usage: the message names the parameter and what it takes. */
export class ParameterError extends Error {}

/**
 * `set`: texts `key=value`, `sweep`: texts `key=v1,v2,…`. A parameter that is set is not swept; one that is swept here
 * replaces the scenario's sweep of it, or is added as the last axis.
 */
export function chooseParameters(
  scenario: Scenario,
  runtime: RuntimeName,
  set: readonly string[],
  sweep: readonly string[],
): ParameterChoice {
  const given = new Map<string, readonly Value[]>()
  for (const text of set) take(given, scenario, text, 'set', (value, read) => [read(value)])
  for (const text of sweep) take(given, scenario, text, 'sweep', (value, read) => value.split(',').map(read))
  const swept = new Set(sweep.map((text) => text.slice(0, text.indexOf('='))))

  const axes = scenario
    .defaultSweep(runtime)
    .filter(({ name }) => !given.has(name) || swept.has(name))
    .map((axis) => ({ name: axis.name, values: given.get(axis.name) ?? axis.values }))
  for (const name of swept) {
    if (!axes.some((axis) => axis.name === name)) axes.push({ name, values: given.get(name)! })
  }
  const fixed = Object.entries(scenario.parameters)
    .filter(([name]) => !axes.some((axis) => axis.name === name))
    .map(([name, spec]) => [name, given.get(name)?.[0] ?? spec.default] as const)
  return { fixed: Object.fromEntries(fixed), sweep: axes }
}

function take(
  given: Map<string, readonly Value[]>,
  scenario: Scenario,
  text: string,
  option: 'set' | 'sweep',
  valuesOf: (value: string, read: (value: string) => Value) => Value[],
): void {
  const at = text.indexOf('=')
  if (at < 1) throw new ParameterError(`--${option} wants key=value, not "${text}"`)
  const name = text.slice(0, at)
  const spec = Object.hasOwn(scenario.parameters, name) ? scenario.parameters[name] : undefined
  if (spec === undefined) {
    const names = Object.keys(scenario.parameters).join(', ')
    throw new ParameterError(`${scenario.name} has no parameter "${name}"; it has ${names}`)
  }
  if (given.has(name)) throw new ParameterError(`parameter "${name}" is given twice`)
  const values = valuesOf(text.slice(at + 1), (value) => readValue(name, spec, value))
  if (new Set(values).size < values.length) throw new ParameterError(`--sweep ${name} has a value twice`)
  given.set(name, values)
}

function readValue(name: string, spec: ParameterSpec, text: string): Value {
  if (!('words' in spec)) return readNumber(name, spec, text)
  const word = spec.words.find((each) => each === text.trim())
  if (word !== undefined) return word
  throw new ParameterError(`parameter "${name}" wants ${spec.words.join(' or ')}, not "${text}"`)
}

function readNumber(name: string, spec: NumberSpec, text: string): number {
  const value = Number(text)
  const isNumber = /^\d+(\.\d+)?$/.test(text.trim()) && (spec.fractions === true || Number.isInteger(value))
  if (isNumber && value >= spec.min && value <= spec.max) return value
  const kind = spec.fractions === true ? 'a number' : 'a whole number'
  const unit = spec.unit === '' ? '' : ` ${spec.unit}`
  throw new ParameterError(`parameter "${name}" wants ${kind} from ${spec.min} to ${spec.max}${unit}, not "${text}"`)
}
