/** `npm run docker:build`: builds the images that are missing or out of date. */
import { fileURLToPath } from 'node:url'
import { defineCommand } from '../../../../client/node/command.ts'
import { runCommandLine } from '../../../../client/node/command-line.ts'
import { printLine } from '../../../../client/node/output.ts'

const PROJECT_FOLDER = fileURLToPath(new URL('../../../..', import.meta.url))

const buildCommand = defineCommand({
  name: 'docker:build',
  summary: 'Build the images that containers run: ours, and one of each real client',
  positionals: {},
  options: {},
  async run() {
    const [{ connectEngine }, { ensureBase, ensureImage }, { CLIENT_IMAGES, OUR_IMAGE }] = await Promise.all([
      import('../engine.ts'),
      import('./build.ts'),
      import('./plans.ts'),
    ])
    await connectEngine()
    const abort = new AbortController()
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => abort.abort())
    const options = {
      projectFolder: PROJECT_FOLDER.replace(/\/$/, ''),
      signal: abort.signal,
      building: (name: string) => printLine(`building ${name}`),
    }
    const base = await ensureBase(options)
    for (const plan of [OUR_IMAGE, ...CLIENT_IMAGES]) {
      const { tag, builtSeconds } = await ensureImage(plan, base, options)
      printLine(`${tag}: ${builtSeconds === null ? 'there' : `built in ${builtSeconds.toFixed(1)} s`}`)
    }
    return 0
  },
})

await runCommandLine({ script: 'docker:build', commands: buildCommand })
