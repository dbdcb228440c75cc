/** `npm run client`: the client's commands. */
import { runCommandLine } from '../node/command-line.ts'
import { announceCommand } from './announce.ts'
import { createCommand } from './create.ts'
import { downloadCommand } from './download.ts'
import { seedCommand } from './seed.ts'
import { showCommand } from './show.ts'

await runCommandLine({
  script: 'client',
  commands: [downloadCommand, showCommand, announceCommand, createCommand, seedCommand],
})
