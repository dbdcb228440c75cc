/** What `--list` prints: every scenario with its question and its parameters. */
import type { Scenario } from './scenario.ts'

export function listing(scenarios: readonly Scenario[]): string[] {
  return scenarios.flatMap((scenario, index) => [
    ...(index === 0 ? [] : ['']),
    scenario.name,
    `  ${scenario.question}`,
    `  runs on ${scenario.runtimes.join(', ')}`,
    ...Object.entries(scenario.parameters).map(([name, { label, unit, default: value }]) => {
      const swept = scenario.defaultSweep(scenario.defaultRuntime).find((axis) => axis.name === name)
      const values = swept === undefined ? String(value) : `sweep ${swept.values.join(', ')}`
      return `    ${name.padEnd(14)} ${label}: ${values}${unit === '' ? '' : ` ${unit}`}`
    }),
  ])
}

export function listingAsJson(scenarios: readonly Scenario[]): string[] {
  return scenarios.map(({ name, title, question, runtimes, defaultRuntime, parameters, defaultSweep }) =>
    JSON.stringify({
      name,
      title,
      question,
      runtimes,
      defaultRuntime,
      parameters,
      sweep: defaultSweep(defaultRuntime),
    }),
  )
}
