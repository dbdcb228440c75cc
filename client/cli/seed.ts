/** `seed FILE.torrent --from DIR`: content that is here, verified, to whoever asks for it. Reads, and changes nothing. */
import { isMagnetLink } from '../metainfo/magnet.ts'
import { defineCommand } from '../node/command.ts'
import { usageError } from '../node/command-error.ts'
import { userPath } from '../node/npm-run.ts'
import { readTorrentFile } from '../node/read-torrent.ts'
import { runSwarm } from './run-swarm.ts'
import { SWARM_OPTIONS } from './swarm-options.ts'

export const seedCommand = defineCommand({
  name: 'seed',
  summary: 'Share content that is complete, until Ctrl-C',
  positionals: { torrent: { describe: 'A .torrent file', demandOption: true } },
  options: {
    from: { demandOption: true, describe: 'The folder that has the content under the name of the torrent' },
    ...SWARM_OPTIONS,
  },
  async run(args) {
    if (isMagnetLink(args.torrent)) throw usageError('to seed, the .torrent itself is needed, not a magnet link')
    const torrent = await readTorrentFile(userPath(args.torrent))
    return runSwarm(args, {
      source: { kind: 'torrent', torrent },
      rootDir: userPath(args.from),
      choices: { seeds: true, seedOnly: true },
    })
  },
})
