/**
 * The page of a run in a browser, opened from disk. Left out, with a line about it, where no Chromium is on the path;
 * where CI is set that is a failure.
 */
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lineWithBandChart } from '../charts/lines.ts'
import { SHOWN } from '../units.ts'
import { reportData } from './report-data.ts'
import { reportPage } from './report-page.ts'
import { sampleRecord } from './sample-record.testing.ts'

const SAMPLES = 10_000
/**
 * A frame takes 17 ms. What draws all samples anew in each would be far above; what shares a machine of two cores with
 * others is now and then a few frames late.
 */
const FRAME_MS_MAX = 250
const FRAMES_PER_SECOND_MIN = 20
const PLAYED_SECONDS = 3

const BROWSER = ['chromium', 'chromium-browser', 'google-chrome'].flatMap(onPath)[0]
if (BROWSER === undefined) {
  if (process.env.CI) throw new Error('no chromium on the path, and CI is set')
  process.stderr.write('no chromium on the path: the tests of the report page are left out\n')
}

function onPath(name: string): string[] {
  return (process.env.PATH ?? '').split(delimiter).flatMap((folder) => {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return [file]
    } catch {
      return []
    }
  })
}

let folder = ''
let browser: Browser
let page: Page
/** Whatever the page complains of, and requests to anywhere. */
const problems: string[] = []

async function open(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'swarmlab-report-'))
  const file = join(folder, 'report.html')
  await writeFile(file, await reportPage(reportData(sampleRecord(SAMPLES), [{ title: 'Speed', spec: SPEED }])))
  browser = await chromium.launch({ executablePath: BROWSER!, args: ['--no-sandbox', '--disable-gpu'] })
  page = await browser.newPage({ viewport: { width: 1200, height: 900 } })
  page.on('request', (request) => {
    if (!/^(?:file|data|blob):/.test(request.url())) problems.push(`asked for ${request.url()}`)
  })
  page.on('pageerror', (error) => problems.push(String(error)))
  page.on('console', (message) => problems.push(message.text()))
  await page.goto(pathToFileURL(file).href)
  await page.waitForSelector('#charts[data-drawn="1"]')
}

async function close(): Promise<void> {
  await browser.close()
  await rm(folder, { recursive: true })
  expect(problems).toEqual([])
}

describe.skipIf(BROWSER === undefined)(`a page with ${SAMPLES} samples, in Chromium`, () => {
  beforeAll(open, 60_000)
  afterAll(close)

  test('says what ran and how it came out, and draws the charts', async () => {
    expect(await page.textContent('h1')).toBe('speed-vs-peers')
    expect(await page.textContent('#verdict')).toContain('1 invalid')
    expect(await page.locator('#charts svg.marks').count()).toBe(1)
    expect(await page.textContent('#facts')).toContain('Runtime sim, seed 7')
  })

  test('a point of a chart tells its figures', async () => {
    await page.locator('#charts svg.marks .mark-symbol.layer_4_marks path').last().hover({ force: true })
    await page.waitForSelector('#vg-tooltip-element.visible')
    expect(await page.textContent('#vg-tooltip-element')).toContain('throughput (MiB/s)4.19')
  })

  test('filters the cells by parameter and by result, and sorts them', async () => {
    const rows = page.locator('#rows tr')
    expect(await rows.count()).toBe(3)
    await page.selectOption('[data-filter="result"]', 'invalid')
    expect(await page.textContent('#count')).toBe('1 of 3 cells')
    expect(await rows.first().textContent()).toContain('invalid: event loop 40 ms late')
    await page.selectOption('[data-filter="peers"]', '1')
    expect(await rows.count()).toBe(0)
    await page.selectOption('[data-filter="result"]', '')
    await page.selectOption('[data-filter="peers"]', '')
    await page.click('th button:text-is("cell")')
    await page.click('th button:text-is("cell")')
    expect(await rows.first().locator('td').first().textContent()).toBe('2')
  })

  test('the slider shows a moment: rate, peers, pieces and what happened last', async () => {
    expect(await page.textContent('#now')).toContain('400 of 400 pieces')
    await page.focus('#time')
    await page.keyboard.press('Home')
    expect(await page.textContent('#now')).toContain('0.0 s · 0.00 MiB/s from 0 peers · 0 of 400 pieces')
    await page.fill('#time', '605')
    expect(await page.textContent('#now')).toMatch(
      /^60\.5 s · .* from 10 peers · 2\d\d of 400 pieces · \d+ leechers, 1 seeds$/,
    )
    expect(await page.textContent('#events')).toContain('60.0 s peer 3 banned: corrupt piece 3')
    const filled = await page.evaluate<number>(SHARE_FILLED)
    expect(filled).toBeGreaterThan(0.3)
    expect(filled).toBeLessThan(0.7)
  })

  test(`plays ${PLAYED_SECONDS} s without a frame above ${FRAME_MS_MAX} ms`, async () => {
    await page.selectOption('#lasting', '10')
    await page.fill('#time', '0')
    await page.click('#play')
    const frames = await page.evaluate<number[]>(FRAMES)
    await page.click('#play')
    expect(Number(await page.inputValue('#time'))).toBeGreaterThan(200)
    expect(Math.max(...frames)).toBeLessThan(FRAME_MS_MAX)
    expect(frames.length).toBeGreaterThan(FRAMES_PER_SECOND_MIN * PLAYED_SECONDS)
    process.stderr.write(
      `report: ${frames.length} frames in ${PLAYED_SECONDS} s, the longest ${Math.max(...frames).toFixed(0)} ms\n`,
    )
  })

  test('on a phone, in the dark, nothing is wider than the screen', async () => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize({ width: 390, height: 844 })
    await page.waitForFunction('document.getElementById("lanes").clientWidth < 390')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(390)
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(18, 19, 22)')
  })
})

/** Runs in the page: ms between frames. */
const FRAMES = `new Promise((resolve) => {
  const gaps = []
  let first = null
  let last = 0
  const frame = (nowMs) => {
    if (first === null) first = nowMs
    else gaps.push(nowMs - last)
    last = nowMs
    if (nowMs - first < ${PLAYED_SECONDS * 1000}) requestAnimationFrame(frame)
    else resolve(gaps)
  }
  requestAnimationFrame(frame)
})`

/** Runs in the page: which share of the pieces' canvas is in the colour of pieces that are there. */
const SHARE_FILLED = `(() => {
  const canvas = document.getElementById('pieces')
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let painted = 0
  let there = 0
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] === 0) continue
    painted++
    if (data[at] === 0 && data[at + 2] === 178) there++
  }
  return there / painted
})()`

const SPEED = lineWithBandChart({
  title: 'How speed grows with peers',
  subtitle: 'RTT 20 ms',
  origin: { runtime: 'sim', seed: 7 },
  xTitle: 'peers',
  y: { label: 'throughput', shown: SHOWN.mibPerSecond },
  measured: [1, 2, 4].map((x) => ({ series: '', x, samples: [1e6 * x, 1.1e6 * x, 1.3e6 * x] })),
})
