/** The disks of clients in virtual time: described by the content they hold, so that thousands of them take no room. */
import { SimulatedDisk } from '../../../simulator/storage.ts'

export function clientDisk(content: Uint8Array, isSeed: boolean): SimulatedDisk {
  const disk = new SimulatedDisk([content.length], [content])
  if (isSeed) disk.fill()
  return disk
}
