/** What scripts can say, as Markdown: conditions and behaviours with their options, made from their schemas. */
import { z } from 'zod'
import { BEHAVIOURS } from './behaviours/all.ts'
import { CONDITIONS } from './script.ts'

/** As much of JSON Schema as options need. */
interface OptionSchema {
  readonly type?: string
  readonly description?: string
  readonly default?: unknown
  readonly enum?: readonly string[]
  readonly items?: OptionSchema
  readonly minimum?: number
  readonly exclusiveMinimum?: number
  readonly maximum?: number
  readonly maxItems?: number
}

interface ObjectSchema {
  readonly properties?: Readonly<Record<string, OptionSchema>>
  readonly required?: readonly string[]
}

export function catalogue(): string {
  return [
    '## When',
    '',
    ...Object.values(CONDITIONS).flatMap((schema) =>
      optionLines(schema).map((line, index) => (index === 0 ? `- ${line}` : `  - ${line}`)),
    ),
    '',
    '## Do',
    '',
    ...BEHAVIOURS.flatMap(({ name, summary, options }) => [
      `- **\`${name}\`**: ${summary}`,
      ...optionLines(options).map((line) => `  - ${line}`),
    ]),
  ].join('\n')
}

function optionLines(schema: z.ZodObject): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' }) as ObjectSchema
  return Object.entries(properties).map(([name, option]) => {
    const facts = [kindOf(option), required.includes(name) ? 'required' : defaultOf(option)].filter(
      (fact) => fact !== '',
    )
    return `\`${name}\` (${facts.join('; ')}): ${option.description}`
  })
}

function kindOf({ type = 'object', items, maxItems, ...option }: OptionSchema): string {
  if (option.enum !== undefined) return option.enum.map((value) => `\`${value}\``).join(', ')
  if (items !== undefined) return `list of ${items.type}s, at most ${shown(maxItems)}`
  return [type, ...boundsOf(option)].join(', ')
}

/** What no number of a script can be beyond is not told. */
function boundsOf({ minimum, exclusiveMinimum, maximum = Number.POSITIVE_INFINITY }: OptionSchema): string[] {
  const bounds: string[] = []
  if (minimum !== undefined) bounds.push(`from ${shown(minimum)}`)
  if (exclusiveMinimum !== undefined) bounds.push(`over ${shown(exclusiveMinimum)}`)
  if (maximum < Number.MAX_SAFE_INTEGER) bounds.push(`up to ${shown(maximum)}`)
  return bounds
}

function defaultOf(option: OptionSchema): string {
  if (!('default' in option)) return ''
  return `default \`${typeof option.default === 'string' ? option.default : JSON.stringify(option.default)}\``
}

function shown(value: number | undefined): string {
  return value?.toLocaleString('en-US') ?? ''
}
