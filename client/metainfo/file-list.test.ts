import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Encodable, encode } from '../bencode/encode.ts'
import { describeMetainfoFault } from './metainfo-fault.ts'
import { parseTorrent } from './parse-torrent.ts'

const digests = {
  sha1: (bytes: Uint8Array) => createHash('sha1').update(bytes).digest(),
  sha256: (bytes: Uint8Array) => createHash('sha256').update(bytes).digest(),
}

/** The files as `path length`, padding marked; or what is wrong. */
function filesOf(info: Encodable): string[] | string {
  const parsed = parseTorrent(encode({ info }), digests)
  if (parsed.kind === 'fault') return describeMetainfoFault(parsed)
  return parsed.torrent.files.map(
    ({ path, lengthBytes, pad }) => `${path.join('/')} ${lengthBytes}${pad ? ' pad' : ''}`,
  )
}

const v1 = (files: Encodable) => ({ files, name: 'm', 'piece length': 16_384, pieces: new Uint8Array(20) })
const v2 = (tree: Encodable) => ({ 'file tree': tree, 'meta version': 2, name: 'm', 'piece length': 16_384 })
const ROOT = new Uint8Array(32)

describe('attributes (BEP 47)', () => {
  const a = { length: 10, path: ['a'] }
  test.each<[string, Encodable, string[] | string]>([
    ['padding', [a, { attr: 'p', length: 6, path: ['.pad', '6'] }], ['m/a 10', 'm/.pad/6 6 pad']],
    ['padding among other attributes', [{ attr: 'xph', length: 6, path: ['p'] }], ['m/p 6 pad']],
    ['padding without a path', [a, { attr: 'p', length: 6 }], ['m/a 10', 'm/.pad/6 6 pad']],
    ['padding with a path that climbs', [{ attr: 'p', length: 6, path: ['..', '..'] }], ['m/_ 6 pad']],
    ['padding without a length', [{ attr: 'p' }], 'info.files[0].length: expected this key, found nothing'],
    ['executable and hidden', [{ ...a, attr: 'xh' }], ['m/a 10']],
    ['unknown attributes', [{ ...a, attr: 'zQ7' }], ['m/a 10']],
    ['attributes of another type', [{ ...a, attr: 7 }], ['m/a 10']],
    [
      'a symlink is an empty file, wherever it points',
      [a, { attr: 'l', path: ['link'], 'symlink path': ['..', '..', 'etc', 'passwd'] }],
      ['m/a 10', 'm/link 0'],
    ],
    ['a symlink of another type', [a, { attr: 'l', path: ['link'], 'symlink path': 7 }], ['m/a 10', 'm/link 0']],
    ['a symlink that says its length', [a, { attr: 'l', length: 0, path: ['link'] }], ['m/a 10', 'm/link 0']],
    ['a symlink that claims content has it', [a, { attr: 'l', length: 5, path: ['l'] }], ['m/a 10', 'm/l 5']],
    ['a symlink without a path', [a, { attr: 'l' }], 'info.files[1].path: expected this key, found nothing'],
    ['no length without that', [{ attr: 'x', path: ['a'] }], 'info.files[0].length: expected this key, found nothing'],
  ])('%s', (_, files, expected) => expect(filesOf(v1(files))).toEqual(expected))

  test('a symlink in a v2 tree is an empty file too', () => {
    const tree = { a: { '': { length: 10, 'pieces root': ROOT } }, l: { '': { attr: 'l', 'symlink path': ['/etc'] } } }
    expect(filesOf(v2(tree))).toEqual(['m/a 10', 'm/.pad/16374 16374 pad', 'm/l 0'])
  })
})
