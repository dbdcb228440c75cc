/** Which parameter tells the lines of a chart apart: the first that is swept and is not the x axis. */
import type { Manifest, ParameterValue } from '../../results/schema.ts'
import { parameterLabel, valueInWords } from '../../results/words.ts'

export function seriesOf({ parameters }: Manifest, x: string) {
  const axis = parameters.sweep.find(({ name, values }) => name !== x && values.length > 1)
  if (axis === undefined) return { seriesTitle: {}, series: {} }
  const { name: parameter } = axis
  const label = (value: ParameterValue) => valueInWords(parameter, value, parameters.about)
  return {
    seriesTitle: { seriesTitle: parameterLabel(parameter, parameters.about) },
    series: { series: { parameter, label } },
  }
}
