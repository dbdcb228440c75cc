import { describe, expect, test, vi } from 'vitest'
import { capturedOutput } from './captured-output.testing.ts'
import { defineCommand, type Program } from './command.ts'
import { CommandError, usageError } from './command-error.ts'
import { execute, reportFailure } from './command-line.ts'
import { parseInteger, parsePeerAddresses } from './option-values.ts'
import { jsonLine, jsonText, printEvent } from './output.ts'

const output = capturedOutput()

const ran = vi.fn()

const downloadCommand = defineCommand({
  name: 'download',
  summary: 'Download something',
  positionals: { torrent: { describe: 'A .torrent', demandOption: true } },
  options: {
    out: { describe: 'Where to', demandOption: true },
    peer: { array: true, coerce: parsePeerAddresses, describe: 'A peer' },
    'max-peers': { coerce: parseInteger(1, 100), default: 50, describe: 'How many' },
    tracker: { boolean: true, default: true, describe: '--no-tracker asks none' },
    json: { boolean: true, describe: 'JSON' },
  },
  run(args) {
    const { torrent, out, peer, maxPeers, tracker, json } = args
    ran({ torrent, out, peer, maxPeers, tracker, json })
    return maxPeers === 7 ? 1 : undefined
  },
})
const otherCommand = defineCommand({ name: 'other', summary: 'Nothing', positionals: {}, options: {}, run() {} })
const several: Program = { script: 'client', commands: [downloadCommand, otherCommand] }
const single: Program = {
  script: 'scenario',
  commands: defineCommand({
    name: 'scenario',
    summary: 'Run a scenario',
    positionals: { name: { describe: 'Its name' } },
    options: { set: { array: true, describe: 'A parameter' } },
    run: ({ name, set }) => ran({ name, set }),
  }),
}

/** A line as a user types it, without the quotes and blanks that a shell would take. */
async function run(program: Program, line: string): Promise<number> {
  ran.mockClear()
  try {
    return await execute(program, line === '' ? [] : line.split(' '))
  } catch (error) {
    return reportFailure(error)
  }
}

describe('arguments reach the command', () => {
  const plain = { torrent: 'x', out: 'd', peer: undefined, maxPeers: 50, tracker: true, json: false }
  const one = { host: '127.0.0.1', port: 1 }
  test.each([
    ['download x --out d', plain],
    ['download --out=d --json x', { ...plain, json: true }],
    ['download --out d --json --json x', { ...plain, json: true }],
    ['download x --out d --no-tracker --max-peers 8', { ...plain, tracker: false, maxPeers: 8 }],
    ['download --peer 127.0.0.1:1 x --out d', { ...plain, peer: [one] }],
    ['download x --out d --peer 127.0.0.1:1 --peer 127.0.0.1:1', { ...plain, peer: [one, one] }],
    ['download 0123 --out 0x10', { ...plain, torrent: '0123', out: '0x10' }],
    ['download --out d -- --odd', { ...plain, torrent: '--odd' }],
  ])('%s', async (line, args) => {
    expect(await run(several, line)).toBe(0)
    expect(ran.mock.calls).toEqual([[args]])
    expect(output.stderr).toBe('')
  })

  test.each([
    ['', { name: undefined, set: undefined }],
    ['x --set a.b=1 --set c=2,3', { name: 'x', set: ['a.b=1', 'c=2,3'] }],
  ])('a program of one command: "%s"', async (line, args) => {
    expect(await run(single, line)).toBe(0)
    expect(ran.mock.calls).toEqual([[args]])
  })

  test('what the command returns is the exit code', async () => {
    expect(await run(several, 'download x --out d --max-peers 7')).toBe(1)
  })
})

describe('wrong usage is one line and exit code 2, and nothing runs', () => {
  test.each([
    ['', 'no command given: npm run client -- download|other'],
    ['--json', 'no command given: npm run client -- download|other'],
    ['downlaod x', 'unknown command "downlaod": npm run client -- download|other'],
    ['download', '<torrent> is missing'],
    ['download x', '--out is missing'],
    ['download x y --out d', 'unexpected argument "y"'],
    ['download x --out d --outt e', 'unknown option --outt'],
    ['download x --out d --outt=e', 'unknown option --outt'],
    ['download -q x --out d', 'unknown option -q'],
    ['download x --out d --no-trakker', 'unknown option --no-trakker'],
    ['download x --out', '--out wants a value'],
    ['download x --out=', '--out wants a value'],
    ['download x --no-out', '--out wants a value'],
    ['download x --out d --peer', '--peer wants a value'],
    ['download x --out d --out e', '--out is given more than once'],
    ['download x --out d --max-peers 0', '--max-peers wants a whole number from 1 to 100, not "0"'],
    ['download x --out d --max-peers -3', '--max-peers wants a whole number from 1 to 100, not "-3"'],
    ['download x --out d --peer 1 --json', '--peer wants ADDRESS:PORT like 127.0.0.1:6881 or [::1]:6881, not "1"'],
    [
      'download x --out d --peer \u001b[2J',
      '--peer wants ADDRESS:PORT like 127.0.0.1:6881 or [::1]:6881, not "\\u{1b}[2J"',
    ],
    ['other x', 'unexpected argument "x"'],
  ])('%j', async (line, problem) => {
    expect(await run(several, line)).toBe(2)
    expect(output.stderr).toBe(`swarmlab: ${problem}\n`)
    expect(output.stdout).toBe('')
    expect(ran).not.toHaveBeenCalled()
  })

  test('a program of one command', async () => {
    expect(await run(single, 'x 3')).toBe(2)
    expect(output.stderr).toBe('swarmlab: unexpected argument "3"\n')
  })
})

describe('help', () => {
  test('of a program lists its commands', async () => {
    expect(await run(several, '--help')).toBe(0)
    expect(output.stdout).toMatch(/npm run client -- download <torrent> {2}Download something\n/)
    expect(output.stdout).toMatch(/npm run client -- other/)
  })

  test.each([
    [
      several,
      'download --help',
      /^npm run client -- download <torrent>\n(?:.*\n)*.*--max-peers {2}How many .*\[default: 50\]/,
    ],
    [single, '--help', /^npm run scenario -- \[name\]\n(?:.*\n)*.*--set {3}A parameter/],
    [single, 'x --set --help', /--set/],
  ])('of a command lists its options', async (program, line, text) => {
    expect(await run(program, line)).toBe(0)
    expect(output.stdout).toMatch(text)
    expect(ran).not.toHaveBeenCalled()
  })
})

describe('how a command ends', () => {
  const systemError = Object.assign(new Error('ENOSPC: no space left on device'), {
    code: 'ENOSPC',
    syscall: 'write',
    path: '/x/y',
  })
  test.each<[string, Error, number, string]>([
    ['a failure', new CommandError('the download failed', 1), 1, 'swarmlab: the download failed\n'],
    ['wrong usage', usageError('no such scenario'), 2, 'swarmlab: no such scenario\n'],
    ['something missing', new CommandError('install\nDocker', 3), 3, 'swarmlab: install\\u{a}Docker\n'],
    ['an error of the system', systemError, 1, 'swarmlab: /x/y: the disk is full\n'],
  ])('%s is one line', (_, error, exitCode, line) => {
    expect(reportFailure(error)).toBe(exitCode)
    expect(output.stderr).toBe(line)
  })

  test('a bug shows where it is', () => {
    expect(reportFailure(new TypeError('x is undefined'))).toBe(70)
    expect(output.stderr).toMatch(
      /^swarmlab: this is a bug: TypeError: x is undefined\n {4}at .*command-line\.test\.ts/,
    )
  })
})

test('a line of JSON is one line, means the same, and cannot act on a terminal', () => {
  const event = { event: 'x', name: 'a\n\u001b[2J\u009b2J\u202e\u2028文', count: 1 }
  printEvent(event)
  expect(output.stdout).toBe('{"event":"x","name":"a\\n\\u001b[2J\\u009b2J\\u202e\\u2028文","count":1}\n')
  expect(JSON.parse(output.stdout)).toEqual(event)
  expect(JSON.parse(jsonText(event))).toEqual(event)
  expect(jsonText(event)).toMatch(/^\{\n {2}"event"/)
  expect(jsonLine('\u009b')).toBe('"\\u009b"')
})
