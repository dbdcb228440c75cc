import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { Geometry } from '../metainfo/geometry.ts'
import type { TorrentContentFile, TorrentFile } from '../metainfo/torrent-file.ts'
import { openContent } from './content-reader.ts'

const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'content-reader-'))
afterAll(() => fs.rmSync(scratch, { recursive: true }))

/** Files called t/0, t/1… of these lengths, `0x00 0x01 …` through them all; pads are not on disk, and zeros. */
function contentOf(...lengths: (number | 'pad')[]) {
  const folder = fs.mkdtempSync(path.join(scratch, 'c-'))
  fs.mkdirSync(path.join(folder, 't'))
  const files: TorrentContentFile[] = []
  const bytes: number[] = []
  for (const [index, length] of lengths.entries()) {
    const pad = length === 'pad'
    const lengthBytes = pad ? 3 : length
    const filePath = ['t', pad ? '.pad' : `${index}`]
    const content = Array.from({ length: lengthBytes }, (_, at) => (pad ? 0 : (bytes.length + at) % 256))
    files.push({ path: filePath, lengthBytes, offsetBytes: bytes.length, pad })
    bytes.push(...content)
    if (!pad) fs.writeFileSync(path.join(folder, ...filePath), Uint8Array.from(content))
  }
  const torrent = { files, geometry: new Geometry(bytes.length, 4) } as unknown as TorrentFile
  return { folder, torrent, bytes }
}

test('any stretch, over files, empty files and padding (5, pad, 0, 4 bytes)', () => {
  const { folder, torrent, bytes } = contentOf(5, 'pad', 0, 4)
  const content = openContent(folder, torrent)
  for (let from = 0; from <= bytes.length; from++) {
    for (let to = from; to <= bytes.length; to++) {
      expect([...content.read(from, to - from)]).toEqual(bytes.slice(from, to))
    }
  }
  content.close()
})

test('forty files of one byte, read twice, with fewer open at a time', () => {
  const { folder, torrent, bytes } = contentOf(...Array<number>(40).fill(1))
  const content = openContent(folder, torrent)
  const openHere = () =>
    fs.readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder)
      } catch {
        return false
      }
    }).length
  expect([...content.read(0, 40), ...content.read(0, 40)]).toEqual([...bytes, ...bytes])
  if (process.platform === 'linux') expect(openHere()).toBe(32)
  content.close()
  if (process.platform === 'linux') expect(openHere()).toBe(0)
})

describe('content that is not as the torrent says is refused at the start (2)', () => {
  test.each<[string, (file: string) => void, RegExp]>([
    ['missing', (file) => fs.rmSync(file), /t\/1: no such file or folder$/],
    ['a byte short', (file) => fs.truncateSync(file, 3), /t\/1: has 3 bytes, the torrent's has 4$/],
    ['a byte long', (file) => fs.appendFileSync(file, 'x'), /t\/1: has 5 bytes, the torrent's has 4$/],
    ['a folder', (file) => [fs.rmSync(file), fs.mkdirSync(file)], /t\/1: is no file$/],
  ])('%s', (_, change, message) => {
    const { folder, torrent } = contentOf(1, 4)
    change(path.join(folder, 't/1'))
    const refused = expect.objectContaining({ exitCode: 2, message: expect.stringMatching(message) })
    expect(() => openContent(folder, torrent)).toThrow(refused)
  })
})

test('a file that becomes shorter is an error of the read, not zeros', () => {
  const { folder, torrent } = contentOf(4)
  const content = openContent(folder, torrent)
  fs.truncateSync(path.join(folder, 't/0'), 2)
  expect(() => content.read(0, 4)).toThrow(/t\/0: became shorter while it was served$/)
  content.close()
})
