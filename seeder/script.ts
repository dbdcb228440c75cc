/**
 * A peer's script: steps `when -> do`, as JSON, since it travels into processes and containers.
 *
 *     [{"when": {"bytesServed": 1000000}, "do": {"behaviour": "drop", "how": "reset"}}]
 *
 * A step begins once, the moment its condition first holds. Several may begin at the same moment, in their order.
 */
import { z } from 'zod'
import { MESSAGE_FORMATS } from '../client/wire/messages.ts'
import type { Behaviour } from './behaviour.ts'
import { BEHAVIOURS } from './behaviours/all.ts'

const MESSAGE_TYPES = ['keep-alive', ...MESSAGE_FORMATS.map(({ type }) => type), 'unknown'] as const

const messages = z.enum(MESSAGE_TYPES)
const count = z.number().int().positive().default(1).describe('the first time, or the so-many-th')
const delayMs = z.number().nonnegative()

/** By the field that names each. A `when` is exactly one of them. */
export const CONDITIONS = {
  afterStartMs: z.strictObject({ afterStartMs: delayMs.describe('since the peer began to listen') }),
  afterHandshakeMs: z.strictObject({ afterHandshakeMs: delayMs.describe('since the first handshake it received') }),
  afterUnchokeMs: z.strictObject({ afterUnchokeMs: delayMs.describe('since the first unchoke it sent') }),
  bytesServed: z.strictObject({
    bytesServed: z.number().int().nonnegative().describe('payload bytes it has sent, to all together'),
  }),
  peerHasPieces: z.strictObject({
    peerHasPieces: z.number().int().positive().describe('pieces that one peer has told it to have'),
  }),
  requestedPiece: z.strictObject({
    requestedPiece: z.number().int().nonnegative().describe('a block of this piece was asked for'),
  }),
  received: z.strictObject({ received: messages.describe('a message it has received, from all together'), count }),
  sent: z.strictObject({ sent: messages.describe('a message it has sent, to all together'), count }),
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
