/** What each adapter writes and starts, without starting it. */
import { expect, test } from 'vitest'
import { CLIENT_NAMES, type ClientOrder } from './adapter.ts'
import { CLIENTS } from './all.ts'

const ORDER: ClientOrder = {
  projectFolder: '/project',
  nodePath: '/node',
  role: 'download',
  source: { kind: 'torrent', path: '/state/content.torrent', bytes: new Uint8Array([1, 2, 3]) },
  folder: '/content',
  stateFolder: '/state',
  host: '198.18.0.1',
  port: 6881,
  settings: 'default',
}
const MAGNET: ClientOrder['source'] = {
  kind: 'magnet',
  uri: `magnet:?xt=urn:btih:${'ab'.repeat(20)}`,
  infohash: 'ab'.repeat(20),
  name: 'content',
  trackerUrl: 'http://198.18.1.1/announce',
}

function said(order: ClientOrder, name: (typeof CLIENT_NAMES)[number]): string {
  const { command, files } = CLIENTS[name]
  const written = files(order).map(({ path, content }) => `${path} ${Buffer.from(content).toString('latin1')}`)
  return [JSON.stringify(command(order)), ...written].join('\n')
}

test.each(CLIENT_NAMES)('%s: folder, address and port reach it; what it writes stays in its own folder', (name) => {
  expect(CLIENTS[name].name).toBe(name)
  const text = said(ORDER, name)
  for (const each of ['/content', '198.18.0.1', '6881']) expect(text).toContain(each)
  for (const { path } of CLIENTS[name].files(ORDER)) expect(path).toMatch(/^\/state\//)
})

test.each(CLIENT_NAMES)('%s: the tuned set differs from the default one', (name) => {
  expect(CLIENTS[name].tuned.length).toBeGreaterThan(0)
  expect(said({ ...ORDER, settings: 'tuned' }, name)).not.toBe(said(ORDER, name))
})

test.each(CLIENT_NAMES)('%s: a magnet link reaches it', (name) => {
  expect(said({ ...ORDER, source: MAGNET }, name)).toContain('ab'.repeat(20))
})
