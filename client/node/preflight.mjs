/**
 * Loaded before every entry script, in plain JavaScript so that any Node can read it: says in one line what is missing
 * (exit code 3) instead of a syntax error, and keeps compiled sources between runs so that start-up is quick.
 */
import { existsSync } from 'node:fs'
import module from 'node:module'

const NODE_MAJOR_MIN = 24

function missing(line) {
  process.stderr.write(`swarmlab: ${line}\n`)
  process.exit(3)
}

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  missing(
    `needs Node ${NODE_MAJOR_MIN} or later, this is ${process.versions.node}; run \`npm ci\` (it brings Node ${NODE_MAJOR_MIN} on Linux) and start through \`npm run\``,
  )
}
if (!existsSync(new URL('../../node_modules/yargs/package.json', import.meta.url))) {
  missing('its packages are not installed; run `npm ci` in the project folder')
}
module.enableCompileCache?.()
