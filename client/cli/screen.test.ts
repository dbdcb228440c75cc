import { expect, test } from 'vitest'
import type { DownloadStatus } from '../swarm/status.ts'
import { renderScreen, rowsTaken, type Shown } from './screen.ts'
import { peerStatus, pieceMap, STATUS, watchOf } from './status.testing.ts'
import { PLAIN } from './style.ts'
import { SwarmWatch } from './swarm-watch.ts'
import { displayWidth } from './text-width.ts'

function render(
  status: Partial<DownloadStatus>,
  [columns, rows]: readonly [number, number],
  changed: Partial<Shown> = {},
): string {
  const watch = changed.watch ?? watchOf()
  const pieces = pieceMap(`${'#'.repeat(52)}${'-'.repeat(44)}`)
  const shown = { watch, pieces, showsHelp: false, takesKeys: true, ...changed, status: { ...STATUS, ...status } }
  return `\n${renderScreen(shown, { columns, rows }, PLAIN).join('\n')}\n`
}

test('80 × 24: name, state, pieces, rates, the swarm, a line for each connected peer, and the keys', () => {
  const watch = watchOf()
  for (const peer of ['127.0.0.1:6881', '127.0.0.2:6881']) {
    watch.emit(0, { type: 'peer-connected', peer, incoming: peer.includes('.2:') })
  }
  watch.emit(0, { type: 'peer-handshaken', peer: '127.0.0.2:6881', peerId: '-LT2080-abcdefghijkl' })
  watch.emit(0, { type: 'peer-interested', peer: '127.0.0.2:6881', value: true })
  const peers = [
    peerStatus(1, { client: 'qBittorrent/4.6.0', pieces: 96 }),
    peerStatus(2, { state: 'choked', isUnchoked: true, upRateBytesPerSecond: 5000, pieces: 48 }),
    peerStatus(3, { state: 'connecting' }),
  ]
  expect(render({ peers }, [80, 24], { watch })).toBe(`
multi  24.0 MiB
downloading  54.1 %  ETA 6s  13.0 MiB of 24.0 MiB  pieces 52/96
███████████████████████████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
down 2.1 MiB/s  up 0 B/s  uploaded 6.5 MiB  ratio 0.50
peers 2 connected  1 seed  5 known

PEER            CLIENT             FLAGS    HAS          DOWN            UP
127.0.0.1:6881  qBittorrent/4.6.0  D      100 %    97.6 KiB/s
127.0.0.2:6881  LT2080             dUI     50 %                   4.8 KiB/s

p pause  q end  ? help
`)
})

test('40 × 10: what does not fit is left out whole, the client first, and no line is empty', () => {
  const peers = [peerStatus(1), peerStatus(2), peerStatus(3)]
  expect(render({ peers, isPaused: true }, [40, 10])).toBe(`
multi  24.0 MiB
paused  54.1 %  13.0 MiB of 24.0 MiB
█████████████████████▒░░░░░░░░░░░░░░░░░
down 2.1 MiB/s  up 0 B/s
peers 2 connected  5 known
PEER            FLAGS          DOWN
127.0.0.3:6881  D       292.9 KiB/s
and 2 more
p go on  q end  ? help
`)
})

test('the fewer the rows, the less important lines are gone: the state is there in one', () => {
  const lines = (rows: number) => render({}, [60, rows], { takesKeys: false }).trim().split('\n')
  expect(lines(2)).toEqual(['downloading  54.1 %  ETA 6s  13.0 MiB of 24.0 MiB'])
  expect(lines(3)).toHaveLength(2)
  expect(lines(4).at(-1)).toMatch(/^down /)
  expect(lines(5)[0]).toBe('multi  24.0 MiB')
  expect(lines(6).at(-1)).toMatch(/^peers /)
})

test('of more peers than fit, the fastest, in the order they came, and how many more', () => {
  const peers = [1, 6, 2, 5, 3, 4].map((index) => peerStatus(index))
  expect(render({ peers }, [70, 10], { takesKeys: false }).split('\n').slice(6, -1)).toEqual([
    'PEER            FLAGS    HAS          DOWN            UP',
    '127.0.0.6:6881  D        0 %   585.9 KiB/s',
    '127.0.0.5:6881  D        0 %   488.2 KiB/s',
    'and 4 more',
  ])
})

test('the help, in place of the peers: the keys where they are read, and what the letters mean', () => {
  const help = render({ peers: [peerStatus(1)] }, [80, 24], { showsHelp: true })
  expect(help).toContain('p, space  pause, or go on\n')
  expect(help).toContain('S  snubbed: it owes us and sends nothing\n')
  expect(help).toContain('\np pause  q end  ? peers\n')
  expect(help).not.toContain('127.0.0.1')
})

test('a magnet link shows who it waits for, and no bar of nothing', () => {
  const watch = new SwarmWatch()
  watch.emit(0, { type: 'magnet-started', infohash: 'ab'.repeat(20), name: null })
  expect(render({ phase: 'metadata' }, [80, 12], { watch, pieces: null, takesKeys: false })).toBe(`
${'ab'.repeat(20)}
getting the metadata  2 peers
peers 2 connected  5 known
`)
})

test('the bar shows how far a check is', () => {
  const watch = watchOf()
  watch.emit(0, { type: 'verifying', pieces: 48, ofPieces: 96 })
  expect(render({ phase: 'preparing' }, [21, 24], { watch, pieces: null })).toContain('\n██████████░░░░░░░░░░\n')
})

test('whatever the size, at most rows - 1 lines, each shorter than the terminal is wide', () => {
  const peers = Array.from({ length: 50 }, (_, index) => peerStatus(index, { client: '客户端 client 1.0' }))
  const watch = watchOf('文件 ünïcode')
  for (const columns of [2, 3, 10, 20, 40, 60, 79, 100, 400]) {
    for (const rows of [1, 2, 3, 4, 5, 6, 9, 10, 19, 20, 60]) {
      for (const showsHelp of [false, true]) {
        const lines = render({ peers }, [columns, rows], { watch, showsHelp }).slice(1, -1).split('\n')
        expect(lines.length, `${columns} × ${rows}`).toBeLessThanOrEqual(Math.max(1, rows - 1))
        for (const line of lines) expect(displayWidth(line), line).toBeLessThan(columns)
      }
    }
  }
})

test('rows of lines that a narrower terminal has broken', () => {
  expect(rowsTaken(['', '12345', '123456', '文文文'], 5)).toBe(1 + 1 + 2 + 2)
})
