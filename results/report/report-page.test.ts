import { expect, test } from 'vitest'
import { pageScript } from './page-script.ts'
import { reportData } from './report-data.ts'
import { reportPage } from './report-page.ts'
import { sampleRecord } from './sample-record.testing.ts'

test('the script is one function: no module syntax is left, no name is there twice', async () => {
  const script = await pageScript()
  expect(script).not.toMatch(/^(?:import|export) /m)
  // Parsed, not run: a name declared twice would be an error.
  expect(() => new Function(script)).not.toThrow()
})

test('what the record says cannot end the script that holds it, and the page may ask no network', async () => {
  const record = sampleRecord(10)
  const question = '</script><script>alert(1)</script>'
  const page = await reportPage(reportData({ ...record, manifest: { ...record.manifest, question } }, []))
  // A page is a megabyte: what fails must not print it.
  expect(page.includes('alert(1)</script>')).toBe(false)
  const outside = page.replaceAll(/(<script[^>]*>).*?<\/script>/gs, '$1')
  expect(outside).toContain("default-src 'none'")
  expect(outside).not.toMatch(/<[^>]+ (?:src|href)=/)
})
