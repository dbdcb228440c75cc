/** `npm run doctor`: what of Node, Docker, shapers and real clients is usable here, and how to get the rest. */
import { defineCommand } from '../../client/node/command.ts'
import { runCommandLine } from '../../client/node/command-line.ts'
import { printLine } from '../../client/node/output.ts'

const doctorCommand = defineCommand({
  name: 'doctor',
  summary: 'Tell what of Node, Docker, shapers and real clients is usable here, and how to get the rest',
  positionals: {},
  options: { json: { boolean: true, describe: 'Print one JSON object a line' } },
  async run({ json }) {
    const { examine } = await import('./findings.ts')
    for (const finding of await examine(process.versions.node, process.env.DOCKER_HOST)) {
      const { what, isThere, found, remedy } = finding
      if (json) printLine(JSON.stringify(finding))
      else printLine(`${isThere ? 'yes' : 'no '}  ${what}: ${found}${remedy === null ? '' : `; ${remedy}`}`)
    }
    return 0
  },
})

await runCommandLine({ script: 'doctor', commands: doctorCommand })
