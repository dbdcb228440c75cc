import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Resvg } from '@resvg/resvg-js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SHOWN } from '../units.ts'
import { RESVG_FONT } from './font.ts'
import { heatMapChart } from './heat-map.ts'
import { lineWithBandChart } from './lines.ts'
import { chartSvg, pngOf, renderChart } from './render.ts'
import { PLOT_HEIGHT, PLOT_WIDTH, PNG_SCALE } from './theme.ts'

const SPEC = lineWithBandChart({
  title: 'Speed & "seeders"',
  subtitle: 'link 16 Mbit/s',
  origin: { runtime: 'sim', seed: 7 },
  xTitle: 'seeders',
  y: { label: 'throughput', shown: SHOWN.mibPerSecond },
  measured: [1, 2, 4].map((x) => ({ series: '', x, samples: [x * 1e6] })),
})

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'swarmlab-charts-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

test('a chart is three files, and the specification among them draws the same chart', async () => {
  const drawn = await renderChart(SPEC, 'speed-vs-peers', root)
  expect(drawn).toEqual({ title: 'Speed & "seeders"', png: 'charts/speed-vs-peers.png', warnings: [] })
  expect((await readdir(join(root, 'charts'))).sort()).toEqual(
    ['png', 'svg', 'vl.json'].map((ending) => `speed-vs-peers.${ending}`),
  )
  const kept = JSON.parse(await readFile(join(root, 'charts', 'speed-vs-peers.vl.json'), 'utf8'))
  expect(kept).toEqual(JSON.parse(JSON.stringify(SPEC)))
  expect((await chartSvg(kept)).svg).toBe(await readFile(join(root, 'charts', 'speed-vs-peers.svg'), 'utf8'))
})

test('drawn twice, the files are the same bytes', async () => {
  await renderChart(SPEC, 'a', root)
  await renderChart(SPEC, 'b', root)
  for (const ending of ['png', 'svg', 'vl.json']) {
    const [a, b] = await Promise.all(['a', 'b'].map((name) => readFile(join(root, 'charts', `${name}.${ending}`))))
    expect(a!.equals(b!)).toBe(true)
  }
})

test('text is drawn by the fonts shipped here and none of the system', async () => {
  const { svg } = await chartSvg(SPEC)
  const withFont = inkOf(svg, RESVG_FONT)
  const withoutFont = inkOf(svg, { ...RESVG_FONT, fontFiles: [] })
  // Title, axis titles and 12 labels cover well over 1000 px; lines and points are in both.
  expect(withFont - withoutFont).toBeGreaterThan(1000)
  expect(withoutFont).toBeGreaterThan(1000)
  expect(pngOf(svg)).not.toEqual(pngOf(svg, { ...RESVG_FONT, fontFiles: [] }))
})

test('the PNG is twice the size of the plot and what stands around it', async () => {
  const png = pngOf((await chartSvg(SPEC)).svg)
  const header = new DataView(png.buffer, png.byteOffset)
  expect([...png.subarray(1, 4)].map((byte) => String.fromCharCode(byte)).join('')).toBe('PNG')
  expect(header.getUint32(16)).toBeGreaterThan(PLOT_WIDTH * PNG_SCALE)
  expect(header.getUint32(16)).toBeLessThan(PLOT_WIDTH * PNG_SCALE * 1.2)
  expect(header.getUint32(20)).toBeGreaterThan(PLOT_HEIGHT * PNG_SCALE)
})

test('what vega-lite has to complain about is handed back', async () => {
  const { layer, ...rest } = SPEC as { layer: unknown[] }
  const empty = { ...rest, data: { values: [] }, mark: 'point', encoding: { x: { field: 'x', type: 'quantitative' } } }
  expect(layer.length).toBeGreaterThan(0)
  expect((await chartSvg(empty as never)).warnings).not.toEqual([])
})

test('a name that is not one of a file is refused, and a folder that cannot be made is named', async () => {
  await expect(renderChart(SPEC, '../speed', root)).rejects.toThrow('a chart cannot be named "../speed"')
  await writeFile(join(root, 'charts'), '')
  await expect(renderChart(SPEC, 'speed', root)).rejects.toMatchObject({
    code: 'not-writable',
    message: expect.stringContaining(join(root, 'charts')),
  })
})

/** Pixels that are not paper. */
function inkOf(svg: string, font: typeof RESVG_FONT): number {
  const { pixels } = new Resvg(svg, { font, background: '#ffffff' }).render()
  let ink = 0
  for (let i = 0; i < pixels.length; i += 4) if (pixels[i]! < 255 || pixels[i + 1]! < 255 || pixels[i + 2]! < 255) ink++
  return ink
}

test('a legend with a gradient, drawn after another, is the same bytes: its name is not counted over the process', async () => {
  const spec = heatMapChart({
    title: 'Time',
    subtitle: '',
    origin: { runtime: 'sim', seed: 7 },
    xTitle: 'client',
    yTitle: 'seeder',
    xNames: ['a'],
    yNames: ['b'],
    value: { label: 'time', shown: SHOWN.seconds },
    cells: [{ x: 'a', y: 'b', samples: [3] }],
  })
  const first = (await chartSvg(spec)).svg
  expect(first).toContain('url(#gradient_0)')
  expect((await chartSvg(spec)).svg).toBe(first)
})
