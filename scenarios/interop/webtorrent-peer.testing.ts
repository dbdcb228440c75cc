/**
 * One torrent in WebTorrent, as a program: `seed|download PORT FOLDER TORRENT|MAGNET`. `seed` says "seeding" when the
 * content is verified, and stays until it is ended. `download` ends when everything is on the disk, with 0.
 */
import WebTorrent from 'webtorrent'

const [role, port, folder, source] = process.argv.slice(2)

const client = new WebTorrent({ torrentPort: Number(port), dht: false, lsd: false, natUpnp: false, natPmp: false })
client.on('error', fail)
const torrent = client.add(source!, { path: folder! })
torrent.on('error', fail)
torrent.on('warning', (warning: Error) => console.log(`warning: ${warning.message}`))
torrent.on('wire', (_, address: string) => console.log(`wire: ${address}`))
torrent.on('ready', () => console.log(`ready: ${torrent.progress}`))
torrent.on('done', () => {
  if (role === 'seed') console.log('seeding')
  else client.destroy(() => process.exit())
})

function fail(error: Error): never {
  console.log(error.stack)
  process.exit(1)
}
