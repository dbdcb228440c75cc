/** `seed FILE.torrent --from DIR`: its place on the command line. This client does not upload yet, and says so. */
import { defineCommand } from '../node/command.ts'
import { usageError } from '../node/command-error.ts'
import { parseHost, parseInteger } from '../node/option-values.ts'

export const seedCommand = defineCommand({
  name: 'seed',
  summary: 'Seed a torrent (not yet: it comes with uploading)',
  positionals: { torrent: { describe: 'A .torrent file', demandOption: true } },
  options: {
    from: { demandOption: true, describe: 'The folder that has the content under the name of the torrent' },
    host: { coerce: parseHost, describe: 'The address of this machine to use' },
    port: { coerce: parseInteger(0, 65_535), describe: 'The port to listen on' },
    tracker: { boolean: true, default: true, describe: 'Announce to the trackers of the torrent' },
    json: { boolean: true, describe: 'Print one JSON object a line' },
  },
  run() {
    throw usageError('this client cannot upload yet, so it cannot seed; `npm run seeder` has peers that serve content')
  },
})
