/**
 * One torrent in WebTorrent, as a program: `version`, or `seed|download HOST PORT FOLDER TORRENT|MAGNET [OPTIONS]`.
 * `seed` says "seeding" when the content is verified, `download` says "complete" when everything is on the disk; both
 * stay until they are ended. OPTIONS is a JSON object of options of the package.
 *
 * The package cannot be told which address to dial from: Node is told, for it and its tracker client.
 */
import http from 'node:http'
import { createRequire } from 'node:module'
import net from 'node:net'

const require = createRequire(import.meta.url)

if (process.argv[2] === 'version') {
  console.log(require('webtorrent/package.json').version)
  process.exit()
}
const [role, host, port, folder, source, options = '{}'] = process.argv.slice(2)

const plainNet = require('node:net') as typeof net
plainNet.connect = ((target: net.TcpNetConnectOpts) =>
  net.createConnection({ localAddress: host!, ...target })) as never
const { options: agentOptions } = http.globalAgent as http.Agent & { readonly options: object }
Object.assign(agentOptions, { localAddress: host })

const { default: WebTorrent } = await import('webtorrent')
const settings = { torrentPort: Number(port), dht: false, lsd: false, natUpnp: false, natPmp: false, utPex: false }
const client = new WebTorrent({ ...settings, ...JSON.parse(options) })
client.on('error', fail)
const torrent = client.add(source!, { path: folder! })
torrent.on('error', fail)
torrent.on('warning', (warning: Error) => console.log(`warning: ${warning.message}`))
torrent.on('done', () => console.log(role === 'seed' ? 'seeding' : 'complete'))

function fail(error: Error): never {
  console.log(error.stack)
  process.exit(1)
}
