/** Every behaviour there is, by name. */
import type { Behaviour } from '../behaviour.ts'
import { ask } from './ask.ts'
import { bitfield } from './bitfield.ts'
import { choke } from './choke.ts'
import { corrupt } from './corrupt.ts'
import { cutBlock } from './cut-block.ts'
import { deny } from './deny.ts'
import { dial } from './dial.ts'
import { drop } from './drop.ts'
import { duplicate } from './duplicate.ts'
import { extensionHandshake } from './extension-handshake.ts'
import { flood } from './flood.ts'
import { handshake } from './handshake.ts'
import { hold } from './hold.ts'
import { leech } from './leech.ts'
import { malformed } from './malformed.ts'
import { metadata } from './metadata.ts'
import { refuse } from './refuse.ts'
import { send } from './send.ts'
import { slowDown } from './slow-down.ts'
import { speak } from './speak.ts'
import { stall } from './stall.ts'
import { trickle } from './trickle.ts'
import { unsolicited } from './unsolicited.ts'
import { wrongBlock } from './wrong-block.ts'

export const BEHAVIOURS = [
  ask,
  bitfield,
  choke,
  corrupt,
  cutBlock,
  deny,
  dial,
  drop,
  duplicate,
  extensionHandshake,
  flood,
  handshake,
  hold,
  leech,
  malformed,
  metadata,
  refuse,
  send,
  slowDown,
  speak,
  stall,
  trickle,
  unsolicited,
  wrongBlock,
] as unknown as readonly Behaviour[]
