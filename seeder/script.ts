/**
 * A peer's script: steps `when -> do`, as JSON, since it travels into processes and containers.
 *
 *     [{"when": {"bytesServed": 1000000}, "do": {"behaviour": "drop", "how": "reset"}}]
 *
 * A step begins once, the moment its condition first holds. Several may begin at the same moment, in their order.
 */
import { z } from 'zod'
import type { Behaviour } from './behaviour.ts'
import { choke } from './behaviours/choke.ts'
import { corrupt } from './behaviours/corrupt.ts'
import { drop } from './behaviours/drop.ts'
import { refuse } from './behaviours/refuse.ts'
import { slowDown } from './behaviours/slow-down.ts'
import { stall } from './behaviours/stall.ts'

export const BEHAVIOURS: readonly Behaviour[] = [choke, corrupt, drop, refuse, slowDown, stall].sort((a, b) =>
  a.name < b.name ? -1 : 1,
) as readonly Behaviour[]

const RECEIVED = ['interested', 'not-interested', 'have', 'bitfield', 'request', 'cancel', 'keep-alive'] as const

/** By the field that names each. A `when` is exactly one of them. */
const CONDITIONS = {
  /** Since the peer began to listen. */
  afterStartMs: z.strictObject({ afterStartMs: z.number().nonnegative() }),
  /** Since the first handshake it received. */
  afterHandshakeMs: z.strictObject({ afterHandshakeMs: z.number().nonnegative() }),
  /** Payload bytes it has sent, to all together. */
  bytesServed: z.strictObject({ bytesServed: z.number().int().nonnegative() }),
  /** Pieces that a peer has told it to have. */
  peerHasPieces: z.strictObject({ peerHasPieces: z.number().int().positive() }),
  /** Messages of a type that it has received, from all together. */
  received: z.strictObject({ received: z.enum(RECEIVED), count: z.number().int().positive().default(1) }),
}

const stepSchema = z.strictObject({
  when: z.looseObject({}),
  do: z.looseObject({ behaviour: z.enum(BEHAVIOURS.map((behaviour) => behaviour.name)) }),
})

type Condition = (typeof CONDITIONS)[keyof typeof CONDITIONS]
export type When = z.output<Condition>

/** As a scenario or a file writes it; defaults may be left out. */
export interface ScriptStep {
  readonly when: z.input<Condition>
  readonly do: { readonly behaviour: string; readonly [option: string]: unknown }
}

/** Checked: `options` are whole. */
export interface Step {
  readonly when: When
  readonly behaviour: Behaviour
  readonly options: Record<string, unknown>
}

/** A script that is wrong, with the place: `steps[2].do.how: …`. */
export class ScriptError extends Error {}

/** Throws a ScriptError that names the first field that is wrong. */
export function parseScript(script: unknown): Step[] {
  const steps = check(z.array(stepSchema).max(1_000), script, 'steps')
  return steps.map((step, index) => {
    const behaviour = BEHAVIOURS.find((each) => each.name === step.do.behaviour)!
    const { behaviour: _, ...given } = step.do
    const when = checkWhen(step.when, `steps[${index}].when`)
    return { when, behaviour, options: check(behaviour.options, given, `steps[${index}].do`) }
  })
}

function checkWhen(when: object, at: string): When {
  const condition = Object.entries(CONDITIONS).find(([name]) => name in when)?.[1]
  if (condition !== undefined) return check(condition, when, at)
  throw new ScriptError(`${at}: expected one of ${Object.keys(CONDITIONS).join(', ')}`)
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, at: string): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const path = issue.path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`)).join('')
  throw new ScriptError(`${at}${path}: ${issue.message}`)
}
