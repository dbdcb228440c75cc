/** `npm run client`: the client's commands. */
import { runCommandLine } from '../node/command-line.ts'
import { announceCommand } from './announce.ts'
import { createCommand } from './create.ts'
import { downloadCommand } from './download.ts'
import { scrapeCommand } from './scrape.ts'
import { seedCommand } from './seed.ts'
import { showCommand } from './show.ts'
import { verifyCommand } from './verify.ts'

await runCommandLine({
  script: 'client',
  commands: [downloadCommand, showCommand, announceCommand, scrapeCommand, createCommand, seedCommand, verifyCommand],
})
