/** A schedule that once failed, as a file: what it broke, and the smallest schedule that broke it. */
import { z } from 'zod'
import { parseSchedule, type Schedule } from './schedule.ts'

export interface Regression {
  /** The invariant that did not hold. */
  readonly property: string
  readonly detail: string
  /** That found it. */
  readonly seed: number
  readonly schedule: Schedule
}

const regressionSchema = z.strictObject({
  property: z.string(),
  detail: z.string(),
  seed: z.int().min(0),
  schedule: z.unknown(),
})

/** Throws an Error of one line. */
export function parseRegression(text: string): Regression {
  const result = regressionSchema.safeParse(JSON.parse(text))
  if (!result.success) {
    const { path, message } = result.error.issues[0]!
    throw new Error(`${path.join('.') || 'regression'}: ${message}`)
  }
  return { ...result.data, schedule: parseSchedule(result.data.schedule) }
}

export function regressionText(regression: Regression): string {
  return `${JSON.stringify(regression, null, 2)}\n`
}
