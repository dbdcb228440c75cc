/** Messages between processes that share no channel of Node's: a line each, and whatever a channel of Node's can carry. */
import { deserialize, serialize } from 'node:v8'

export function encodeLine(message: unknown): string {
  return `${serialize(message).toString('base64')}\n`
}

export function decodeLine(line: string): unknown {
  return deserialize(Buffer.from(line, 'base64'))
}
