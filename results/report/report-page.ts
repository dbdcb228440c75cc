/**
 * One page of HTML that shows a run: it holds its data, its charts and every library it needs, opens from disk, and by
 * its own policy can ask nothing of any network.
 */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { ReportData } from './page/data.ts'
import { pageScript } from './page-script.ts'

const require = createRequire(import.meta.url)
/** Beside what a package gives to others lies what it gives to browsers. */
const LIBRARIES = [
  join(dirname(require.resolve('vega')), 'vega.min.js'),
  join(dirname(require.resolve('vega-lite')), 'vega-lite.min.js'),
  join(dirname(require.resolve('vega-embed')), 'vega-embed.min.js'),
]
const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"

export async function reportPage(data: ReportData): Promise<string> {
  const [style, body, script, ...libraries] = await Promise.all([
    readFile(join(import.meta.dirname, 'page', 'page.css'), 'utf8'),
    readFile(join(import.meta.dirname, 'page', 'page.html'), 'utf8'),
    pageScript(),
    ...LIBRARIES.map((file) => readFile(file, 'utf8')),
  ])
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(data.scenario)}</title>`,
    `<style>\n${style}</style>`,
    body,
    `<script type="application/json" id="data">${JSON.stringify(data).replaceAll('<', String.raw`\u003c`)}</script>`,
    ...[...libraries, script].map(
      (text) => `<script>\n${text.replaceAll('</script', String.raw`<\/script`)}\n</script>`,
    ),
    '</html>\n',
  ].join('\n')
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
