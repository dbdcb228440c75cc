import { expect, test } from 'vitest'
import { execute } from '../node/command-line.ts'
import { seedCommand } from './seed.ts'

const run = (...argv: string[]) => execute({ script: 'client', commands: [seedCommand] }, ['seed', ...argv])

test('all its options are known, and it says that this client cannot upload yet (2)', async () => {
  const options = ['--from', 'd', '--host', '127.0.0.1', '--port', '0', '--no-tracker', '--json']
  await expect(run('a.torrent', ...options)).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringMatching(/^this client cannot upload yet, so it cannot seed/),
  })
})

test.each([
  [[], '<torrent> is missing'],
  [['a.torrent'], '--from is missing'],
  [['a.torrent', '--from', 'd', '--port', '65536'], '--port wants a whole number from 0 to 65535, not "65536"'],
])('%j is wrong usage all the same', async (argv, message) => {
  await expect(run(...argv)).rejects.toMatchObject({ exitCode: 2, message })
})
