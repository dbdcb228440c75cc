/** The page of a run that lies on disk, from its record and the specifications of its charts. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeAtomically } from '../atomic-file.ts'
import { decodeJson } from '../encode.ts'
import { exists } from '../folder.ts'
import { readRun } from '../read.ts'
import { onDisk } from '../record-error.ts'
import type { ReportData } from './page/data.ts'
import { reportData } from './report-data.ts'
import { reportPage } from './report-page.ts'

const SPEC_END = '.vl.json'

/** Throws RecordError for a record that cannot be read, and for a file that cannot be written. */
export async function writeReport(runDir: string, file: string): Promise<void> {
  const record = await readRun(runDir)
  await writeAtomically(file, await reportPage(reportData(record, await chartsIn(join(runDir, 'charts')))))
}

async function chartsIn(folder: string): Promise<ReportData['charts']> {
  if (!(await exists(folder))) return []
  const names = (await onDisk(folder, () => readdir(folder))).filter((name) => name.endsWith(SPEC_END)).sort()
  return Promise.all(
    names.map(async (name) => {
      const file = join(folder, name)
      const spec = decodeJson(await onDisk(file, () => readFile(file, 'utf8')), { file }) as SpecOnDisk
      return { title: spec.title?.text ?? name.slice(0, -SPEC_END.length), spec }
    }),
  )
}

interface SpecOnDisk {
  readonly title?: { readonly text: string }
}
