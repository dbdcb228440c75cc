/** `create PATH` and `create --synthetic SIZE`: a .torrent from files, or from content that needs no file. */
import { realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path'
import { BLOCK_BYTES } from '../metainfo/geometry.ts'
import { PIECE_LENGTH_BYTES_MAX } from '../metainfo/parse-torrent.ts'
import { printable } from '../metainfo/printable.ts'
import { syntheticName } from '../metainfo/synthetic-content.ts'
import { writeAtomically } from '../node/atomic-file.ts'
import { defineCommand } from '../node/command.ts'
import { usageError } from '../node/command-error.ts'
import { userPath } from '../node/npm-run.ts'
import { parseInteger, parseSize } from '../node/option-values.ts'
import { printEvent, printLine } from '../node/output.ts'
import { torrentFromBytes } from '../node/read-torrent.ts'
import { torrentAsJson, torrentAsText } from './torrent-text.ts'

export const createCommand = defineCommand({
  name: 'create',
  summary: 'Make a .torrent of a file, a folder, or synthetic content',
  positionals: { path: { describe: 'The file or folder; its name becomes the name of the torrent' } },
  options: {
    synthetic: { coerce: parseSize, describe: 'Instead of PATH: so much synthetic content, as 24MiB or 1GiB' },
    'content-seed': {
      coerce: parseInteger(0, Number.MAX_SAFE_INTEGER),
      describe: 'Which synthetic content: the same seed and offset give the same bytes',
    },
    tracker: { array: true, coerce: parseTrackers, describe: 'Announce URL; each more is a tier of its own' },
    'piece-length': { coerce: parsePieceLength, describe: 'Bytes a piece, a power of two; default by size' },
    private: { boolean: true, describe: 'Peers come from the trackers only' },
    pad: { boolean: true, describe: 'Padding between the files, so that each starts a piece' },
    out: { describe: 'The .torrent to write; default NAME.torrent' },
    json: { boolean: true, describe: 'Print one JSON object on one line' },
  },
  async run(args) {
    const source = sourceOf(args.path, args.synthetic, args.contentSeed)
    const out = userPath(args.out ?? `${source.name}.torrent`)
    if (source.kind === 'path') await refuseInside(out, source.path)
    const options = {
      trackers: (args.tracker ?? []).map((url) => [url]),
      pieceLengthBytes: args.pieceLength,
      private: args.private,
      pad: args.pad,
    }
    const { createSyntheticTorrent, createTorrentFromPath } = await import('../node/create-torrent.ts')
    const { bytes } =
      source.kind === 'path'
        ? await createTorrentFromPath(source.path, options)
        : createSyntheticTorrent({ ...source, ...options })
    await writeAtomically(out, bytes)
    const { torrent } = torrentFromBytes(bytes, out)
    if (args.json) printEvent({ event: 'created', out, ...torrentAsJson(torrent) })
    else printLine(`${torrentAsText(torrent, [])}\nwritten to ${printable(out)}`)
  },
})

type Source =
  | { readonly kind: 'path'; readonly name: string; readonly path: string }
  | { readonly kind: 'synthetic'; readonly name: string; readonly totalBytes: number; readonly contentSeed: number }

function sourceOf(path: string | undefined, totalBytes: number | undefined, contentSeed: number | undefined): Source {
  if (path !== undefined) {
    if (totalBytes !== undefined) throw usageError('either <path> or --synthetic, not both')
    if (contentSeed !== undefined) throw usageError('--content-seed goes with --synthetic, not with <path>')
    const resolved = userPath(path)
    return { kind: 'path', name: basename(resolved), path: resolved }
  }
  if (totalBytes === undefined) throw usageError('<path> or --synthetic is missing')
  if (contentSeed === undefined) throw usageError('--content-seed is missing')
  return { kind: 'synthetic', name: syntheticName(totalBytes, contentSeed), totalBytes, contentSeed }
}

/** The content is never written to: not the file itself, and no file of the folder. */
async function refuseInside(out: string, content: string): Promise<void> {
  const [folder, real] = await Promise.all([dirname(out), content].map((path) => realpath(path).catch(() => path)))
  const place = relative(real ?? content, join(folder ?? out, basename(out)))
  const outside = place === '..' || place.startsWith(`..${sep}`) || isAbsolute(place)
  if (!outside) throw usageError(`${out} would be written into the content: say --out FILE`)
}

function parseTrackers(texts: readonly string[]): readonly string[] {
  const wrong = texts.find((text) => !/^(https?|udp):\/\/[^\s/]+/.test(text) || !URL.canParse(text))
  if (wrong !== undefined) throw new Error(`wants an http, https or udp URL, not "${wrong}"`)
  return texts
}

function parsePieceLength(text: string): number {
  const bytes = parseSize(text)
  const fits = bytes >= BLOCK_BYTES && bytes <= PIECE_LENGTH_BYTES_MAX && Number.isInteger(Math.log2(bytes))
  if (fits) return bytes
  throw new Error(`wants a power of two from ${BLOCK_BYTES} to ${PIECE_LENGTH_BYTES_MAX} bytes, not "${text}"`)
}
