import { sha1Compliance } from '../ports/sha1.compliance.ts'
import { nodeSha1 } from './sha1.ts'

sha1Compliance('node', nodeSha1)
