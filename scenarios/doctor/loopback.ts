/** Can peers have addresses of their own on this machine? */
import { createServer } from 'node:net'
import type { Finding } from './finding.ts'

export function loopbackAddresses(): Promise<Finding> {
  const what = 'addresses 127.0.0.0/8'
  return new Promise((resolve) => {
    const server = createServer()
    server.on('error', ({ message }) => {
      const remedy = 'peers differ by port: nothing needs to be done'
      resolve({ what, isThere: false, found: message, remedy })
    })
    server.listen(0, '127.0.2.1', () => {
      server.close()
      resolve({ what, isThere: true, found: 'each peer can have its own', remedy: null })
    })
  })
}
