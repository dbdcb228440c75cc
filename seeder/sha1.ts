/** The hash that codecs take as a function. */
import { hash } from 'node:crypto'
import type { Sha1 } from '../client/ports/sha1.ts'

export const sha1: Sha1 = (bytes) => hash('sha1', bytes, 'buffer')
