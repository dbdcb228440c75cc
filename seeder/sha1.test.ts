import { sha1Compliance } from '../client/ports/sha1.compliance.ts'
import { sha1 } from './sha1.ts'

sha1Compliance('of the scripted peers', sha1)
