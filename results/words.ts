/** Parameters and provenance in words, for subtitles, captions and summaries. */
import type { Manifest, ParameterSet, ParameterValue } from './schema.ts'
import { formatNumber } from './units.ts'

type Parameters = Manifest['parameters']

/** `content 24 MiB, pipeline depth 10 blocks, RTT 20 ms`; the fixed parameters by name, or those of `only` in its order. */
export function parametersInWords(
  { fixed, about }: Parameters,
  only: readonly string[] = Object.keys(fixed).sort(),
): string {
  return only
    .flatMap((name) => {
      const value = fixed[name]
      return value === undefined ? [] : [`${parameterLabel(name, about)} ${valueInWords(name, value, about)}`]
    })
    .join(', ')
}

export function parameterLabel(name: string, about: Parameters['about']): string {
  return about[name]?.label ?? name
}

/** `RTT (ms)`: a table's head or an axis. */
export function parameterHead(name: string, about: Parameters['about']): string {
  const unit = about[name]?.unit ?? ''
  return unit === '' ? parameterLabel(name, about) : `${parameterLabel(name, about)} (${unit})`
}

export function valueInWords(name: string, value: ParameterValue, about: Parameters['about']): string {
  const unit = about[name]?.unit ?? ''
  return unit === '' ? plainValue(value) : `${plainValue(value)} ${unit}`
}

export function plainValue(value: ParameterValue): string {
  return typeof value === 'number' ? formatNumber(value) : String(value)
}

/** Parameters that differ between cells: the axes of the sweep. */
export function varyingNames({ sweep }: Parameters): string[] {
  return sweep.filter(({ values }) => values.length > 1).map(({ name }) => name)
}

/** `peers 3, RTT 20 ms`, or the empty string when nothing varies. */
export function varyingInWords(parameters: ParameterSet, all: Parameters): string {
  return varyingNames(all)
    .flatMap((name) => {
      const value = parameters[name]
      return value === undefined ? [] : `${parameterLabel(name, all.about)} ${valueInWords(name, value, all.about)}`
    })
    .join(', ')
}

/** `swarmlab 0.1.0 at 1234567890ab, changed` */
export function codeInWords({ git, versions }: Pick<Manifest, 'git' | 'versions'>): string {
  const commit = git === null ? '' : ` at ${git.commit.slice(0, 12)}${git.dirty ? ' with uncommitted changes' : ''}`
  return `swarmlab ${versions.swarmlab}${commit}`
}
