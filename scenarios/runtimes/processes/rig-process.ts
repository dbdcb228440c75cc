/** The process of the rig: brings it up, measures from when it is told to, reports, and ends with its parent. */
import { goAheadOfOthers } from './core-share.ts'
import type { RigOrder, RigReport } from './messages.ts'
import { fromParent, toParent } from './parent.ts'
import { type Rig, startRig } from './rig.ts'

let rig: Rig | null = null

goAheadOfOthers()
// Ctrl-C reaches every process of a terminal; the parent decides.
process.on('SIGINT', () => {})
fromParent<RigOrder>((order) => {
  obey(order).catch((error: unknown) => {
    report({ type: 'failed', reason: error instanceof Error ? error.message : String(error) })
  })
})

async function obey(order: RigOrder): Promise<void> {
  switch (order.type) {
    case 'start':
      rig = await startRig(order)
      report({ type: 'ready', torrent: rig.torrent, peers: rig.peers, announceUrl: rig.announceUrl })
      break
    case 'measure':
      rig?.measureFromNow(order.startMs)
      break
    case 'await-peers':
      await rig?.knowsPeers(order.peers)
      report({ type: 'peers-known' })
      break
    case 'finish':
      if (rig !== null) report({ type: 'timekeeping', timekeeping: rig.timekeeping(), served: rig.served() })
      break
  }
}

function report(message: RigReport): void {
  toParent(message)
}
