import { expect, test } from 'vitest'
import { reportData, TIMELINE_ROWS_MAX } from './report-data.ts'
import { sampleRecord } from './sample-record.testing.ts'

test('the table: parameters that vary first, figures in shown units, and how each cell came out', () => {
  const { table } = reportData(sampleRecord(10), [])
  expect(table.filters).toBe(1)
  expect(table.columns.slice(0, 3)).toEqual(['peers', 'time (s)', 'throughput (MiB/s)'])
  expect(table.rows.map(({ result, why }) => [result, why])).toEqual([
    ['passed', null],
    ['failed', 'took <b>13 s</b>, at most 12'],
    ['invalid', 'event loop 40 ms late'],
  ])
  expect(table.rows[0]!.values.slice(0, 3)).toEqual([1, 12, 2])
})

test('the timeline of a cell: samples as columns, peers by number, pieces, marks and the swarm', () => {
  const [timeline, ...more] = reportData(sampleRecord(1_000), []).timelines
  expect(more).toEqual([])
  expect(timeline).toMatchObject({ cell: 0, label: 'peers 1, repeat 0', binMs: 100, endMs: 10_000, pieceCount: 400 })
  expect(timeline!.peers.slice(0, 3)).toEqual(['peer 1', 'peer 2', 'peer 3'])
  expect(timeline!.peers.at(-1)).toBe('peer 10')
  expect(timeline!.samples.tMs).toHaveLength(1_000)
  expect(new Set(timeline!.pieces.piece).size).toBe(400)
  expect(timeline!.marks.filter(({ mark }) => mark === 'peer-banned')).toEqual([
    { tMs: 6_000, mark: 'peer-banned', peer: 2, detail: 'corrupt piece 3' },
  ])
  expect(timeline!.swarm).toHaveLength(20)
})

test('cells whose timeline is left out are counted; a first one is shown however long', () => {
  const record = sampleRecord(TIMELINE_ROWS_MAX + 10)
  const second = record.timeline.slice(0, 5).map((row) => ({ ...row, cell: 1 }))
  const { timelines, timelinesLeftOut } = reportData({ ...record, timeline: [...record.timeline, ...second] }, [])
  expect(timelines).toHaveLength(1)
  expect(timelinesLeftOut).toMatch(/^1 more cell/)
})

test('a record without a timeline, and without a cell', () => {
  const record = sampleRecord(0)
  expect(reportData({ ...record, timeline: [] }, []).timelines).toEqual([])
  expect(reportData({ ...record, timeline: [], cells: [], costs: [] }, []).table.rows).toEqual([])
})
