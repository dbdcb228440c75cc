/** `show FILE.torrent|MAGNET`: what it says, without downloading anything. */
import { isMagnetLink } from '../metainfo/magnet.ts'
import { defineCommand } from '../node/command.ts'
import { usageError } from '../node/command-error.ts'
import { userPath } from '../node/npm-run.ts'
import { jsonLine, jsonText, printEvent, printLine } from '../node/output.ts'
import { readMagnet, readTorrentBytes, torrentFromBytes } from '../node/read-torrent.ts'
import { decodedTree } from './decoded-tree.ts'
import { magnetAsJson, magnetAsText } from './magnet-text.ts'
import { torrentAsJson, torrentAsText } from './torrent-text.ts'

/** For people, long byte strings (the hashes of all pieces) are cut to this. */
const SHOWN_BYTES_MAX = 20

export const showCommand = defineCommand({
  name: 'show',
  summary: 'Print what a .torrent, or a magnet link, says',
  positionals: { torrent: { describe: 'A .torrent file, or a magnet link in quotes', demandOption: true } },
  options: {
    json: { boolean: true, describe: 'Print one JSON object on one line' },
    raw: { boolean: true, describe: 'Print the decoded tree of a .torrent; what is no text is in hex' },
  },
  async run(args) {
    if (isMagnetLink(args.torrent)) {
      if (args.raw) throw usageError('--raw goes with a .torrent, not with a magnet link')
      const magnet = readMagnet(args.torrent)
      if (args.json) printEvent(magnetAsJson(magnet))
      else printLine(magnetAsText(magnet))
      return
    }
    const path = userPath(args.torrent)
    const bytes = await readTorrentBytes(path)
    if (args.raw) {
      if (args.json) printLine(jsonLine(decodedTree(bytes, path, Number.POSITIVE_INFINITY)))
      else printLine(jsonText(decodedTree(bytes, path, SHOWN_BYTES_MAX)))
      return
    }
    const { torrent, irregularities } = torrentFromBytes(bytes, path)
    if (args.json) printEvent(torrentAsJson(torrent))
    else printLine(torrentAsText(torrent, irregularities))
  },
})
